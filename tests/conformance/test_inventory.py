"""Do accounts and devices in memory, which tests of routes use, do what those of the worker do?"""

import pytest

from contracts.downstream.accounts import AccountFilter, Accounts, ListedAccount
from contracts.downstream.devices import DeviceBackground, DeviceFilter, Devices
from contracts.downstream.histories import Holder
from contracts.rules import Portal, Role
from tests.drivers.inventory import AccountsInMemory, DevicesInMemory, Stored
from tests.servers.lent import Lent
from worker.dialects import DownstreamDatabase
from worker.errors import (
    EmailExists,
    PortalWithoutProtection,
    PortalWithoutRoles,
    RemovedSerial,
    SerialExists,
    UnknownAccount,
    UnknownDevice,
    UnknownEmail,
    UnknownSerial,
    UnknownWorkspace,
)
from worker.platforms.sql.inventory import Inventory

ACME, ADA, BEN = "acme", "ada@acme.test", "ben@acme.test"


@pytest.fixture(params=["in memory", "in a database"])
async def both(
    request: pytest.FixtureRequest, lent_downstream: Lent[DownstreamDatabase]
) -> tuple[Accounts, Devices]:
    """Give the accounts and the devices of an empty downstream."""
    if request.param == "in memory":
        stored = Stored()
        return AccountsInMemory(stored), DevicesInMemory(stored)
    it = await lent_downstream.lend()
    inventory = Inventory(DownstreamDatabase(it.reading, it.writing))
    return inventory.accounts, inventory.devices


@pytest.fixture
def accounts(both: tuple[Accounts, Devices]) -> Accounts:
    """Give the accounts."""
    return both[0]


@pytest.fixture
def devices(both: tuple[Accounts, Devices]) -> Devices:
    """Give the devices."""
    return both[1]


async def test_an_account_is_found_by_id_and_by_address(accounts: Accounts) -> None:
    made = await accounts.add(ACME, Portal.DASHBOARD, ADA, id_="a1")
    assert (made.id, made.role, made.own_role) == ("a1", Role.VIEWER, Role.VIEWER)
    assert await accounts.find(ACME, "a1") == made
    assert await accounts.at(ACME, Portal.DASHBOARD, ADA.upper()) == made
    with pytest.raises(UnknownEmail):
        await accounts.at(ACME, Portal.STORE, ADA)
    with pytest.raises(UnknownAccount):
        await accounts.find(ACME, "a2")
    with pytest.raises(UnknownAccount):
        await accounts.find("other", "a1")
    with pytest.raises(UnknownWorkspace):
        await accounts.at("other", Portal.STORE, ADA)


async def test_an_address_is_taken_once_and_a_role_is_of_the_dashboard(accounts: Accounts) -> None:
    await accounts.add(ACME, Portal.STORE, ADA)
    with pytest.raises(EmailExists):
        await accounts.add(ACME, Portal.STORE, ADA.upper())
    with pytest.raises(PortalWithoutRoles):
        await accounts.add(ACME, Portal.MDM, ADA, role=Role.ADMIN)


async def test_accounts_are_listed_in_their_order_up_to_a_number(accounts: Accounts) -> None:
    for portal, email in ((Portal.STORE, BEN), (Portal.STORE, ADA), (Portal.MDM, BEN)):
        await accounts.add(ACME, portal, email)
    listed = [it async for it in accounts.of_workspace(ACME)]
    assert [(it.portal, it.email) for it in listed] == [
        *((Portal.MDM, BEN), (Portal.STORE, ADA), (Portal.STORE, BEN)),
    ]
    assert [it async for it in accounts.of_workspace(ACME, most=2)] == listed[:2]
    store = AccountFilter(portal=Portal.STORE)
    assert [it async for it in accounts.of_workspace(ACME, store)] == listed[1:]
    with pytest.raises(UnknownWorkspace):
        await accounts.page("nowhere")


async def test_pages_of_accounts_together_are_the_list(accounts: Accounts) -> None:
    for number in range(5):
        await accounts.add(ACME, Portal.STORE, f"{number}@acme.test")
    seen, after = list[ListedAccount](), None
    while True:
        page = await accounts.page(ACME, after=after, most=2)
        seen += page.items
        if (after := page.next) is None:
            break
    assert sorted(it.email or "" for it in seen) == [f"{n}@acme.test" for n in range(5)]
    assert [it.id for it in seen] == sorted(it.id for it in seen)


async def test_names_are_read_by_ids_within_one_workspace(
    accounts: Accounts, devices: Devices
) -> None:
    await accounts.add(ACME, Portal.MDM, ADA, id_="a1")
    await accounts.add("other", Portal.MDM, BEN, id_="a2")
    await devices.add(ACME, "S-1", id_="d1")
    await devices.remove(ACME, "S-1")
    await devices.add(ACME, "S-2", id_="d2")
    await devices.add("other", "S-3", id_="d3")
    assert await accounts.emails(ACME, ["a1", "a2", "a3"]) == {"a1": ADA}
    assert await devices.serials(ACME, ["d1", "d2", "d3"]) == {"d1": "S-1", "d2": "S-2"}


async def test_an_account_is_released_by_its_id(accounts: Accounts) -> None:
    made = await accounts.add(ACME, Portal.DASHBOARD, ADA)
    assert (await accounts.release(ACME, made.id)).released
    store = await accounts.add(ACME, Portal.STORE, ADA)
    with pytest.raises(PortalWithoutProtection):
        await accounts.release(ACME, store.id)
    with pytest.raises(UnknownAccount):
        await accounts.release(ACME, "nothing")


async def test_a_device_lives_leaves_and_comes_back(accounts: Accounts, devices: Devices) -> None:
    ada = await accounts.add(ACME, Portal.MDM, ADA)
    made = await devices.add(ACME, "L1", assigned_to=ADA.upper(), id_="d1")
    assert (made.id, made.account, made.assigned_to) == ("d1", ada.id, ADA)
    assert (await devices.assign(ACME, "L1", None)).account is None
    gone = await devices.remove(ACME, "L1")
    assert gone.removed
    assert await devices.with_serial(ACME, "L1") == gone
    for asked in (devices.assign(ACME, "L1", ADA), devices.change_policy(ACME, "L1", None)):
        with pytest.raises(RemovedSerial):
            await asked
    again = await devices.add(ACME, "L1")
    assert again.id != made.id
    assert await devices.with_serial(ACME, "L1") == again
    assert [it.removed async for it in devices.of_workspace(ACME)] == [False, True]
    assert (await devices.page(ACME, DeviceFilter(removed=True))).items == (gone,)
    assert await devices.find(ACME, "d1") == gone


async def test_a_device_that_is_not_there_is_named(accounts: Accounts, devices: Devices) -> None:
    await accounts.add(ACME, Portal.STORE, ADA)
    await devices.add(ACME, "L1")
    with pytest.raises(SerialExists):
        await devices.add(ACME, "L1")
    with pytest.raises(UnknownEmail):
        await devices.add(ACME, "L2", assigned_to=ADA)
    for asked in (devices.with_serial(ACME, "L2"), devices.remove(ACME, "L2")):
        with pytest.raises(UnknownSerial):
            await asked
    with pytest.raises(UnknownDevice):
        await devices.find(ACME, "d2")
    with pytest.raises(UnknownWorkspace):
        await devices.page("nowhere")


async def test_devices_are_counted_and_told_with_who_holds_them(
    accounts: Accounts, devices: Devices
) -> None:
    await accounts.add(ACME, Portal.MDM, ADA)
    held = await devices.add(ACME, "s1", assigned_to=ADA, id_="d1")
    free = await devices.add(ACME, "s2", id_="d2")
    gone = await devices.add(ACME, "s3", assigned_to=ADA, id_="d3")
    await devices.remove(ACME, gone.serial)
    for assigned, found in ((True, ["s1"]), (False, ["s2"])):
        page = await devices.page(ACME, DeviceFilter(assigned=assigned, removed=False))
        assert [it.serial for it in page.items] == found
    counts = await devices.counts(ACME)
    assert (counts.live, counts.assigned, counts.removed) == (2, 1, 1)
    assert dict(counts.by_policy) == {None: 2}
    told = await devices.backgrounds(ACME, [held.id, free.id, "nothing"])
    assert told == {"d1": DeviceBackground(Holder()), "d2": DeviceBackground()}
    assert await devices.backgrounds("other", [held.id]) == {}
    with pytest.raises(UnknownWorkspace):
        await devices.counts("nowhere")
