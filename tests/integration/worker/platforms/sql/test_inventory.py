"""What can operators do by hand, and what is answered when they cannot?"""

import pytest

from contracts.downstream.accounts import AccountFilter, Accounts, ListedAccount
from contracts.downstream.devices import DeviceFilter, Devices, ListedDevice
from contracts.rules import Portal, RemoveUser, Role
from tests.drivers.people import ADA, BEN, STORE, WORKSPACE, joiner, left, mdm, renamed
from tests.drivers.platform import Platform
from worker.errors import (
    EmailExists,
    PolicyExists,
    PolicyInUse,
    PortalWithoutRoles,
    RemovedSerial,
    SerialExists,
    UnknownEmail,
    UnknownPolicy,
    UnknownSerial,
    UnknownWorkspace,
)


async def test_a_workspace_is_made_on_first_use(platform: Platform) -> None:
    assert not await platform.inventory.workspaces.exists(WORKSPACE)
    await platform.inventory.policies.add(WORKSPACE, "office")
    assert await platform.inventory.workspaces.exists(WORKSPACE)
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)


async def test_an_unknown_workspace_is_not_listed(platform: Platform) -> None:
    with pytest.raises(UnknownWorkspace):
        await platform.accounts()
    with pytest.raises(UnknownWorkspace):
        await platform.devices()
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.policies.of_workspace(WORKSPACE)
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.devices.assign(WORKSPACE, "L1", ADA)


async def test_policies_are_listed_by_name_and_made_once(platform: Platform) -> None:
    await platform.inventory.policies.add(WORKSPACE, "office")
    await platform.inventory.policies.add(WORKSPACE, "locked")
    with pytest.raises(PolicyExists):
        await platform.inventory.policies.add(WORKSPACE, "office")
    assert await platform.inventory.policies.of_workspace(WORKSPACE) == ["locked", "office"]
    assert await platform.inventory.policies.exists(WORKSPACE, "office")
    assert not await platform.inventory.policies.exists(WORKSPACE, "Office")


async def test_a_device_is_assigned_by_email_whatever_its_case(platform: Platform) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.MDM, ADA)
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA.upper())
    await platform.inventory.devices.add(WORKSPACE, "L0")
    assert await platform.devices() == [
        ListedDevice("L0", None, None),
        ListedDevice("L1", None, ADA),
    ]
    await platform.inventory.devices.assign(WORKSPACE, "L0", ADA)
    await platform.inventory.devices.assign(WORKSPACE, "L1", None)
    assert [device.assigned_to for device in await platform.devices()] == [ADA, None]


async def test_what_a_device_names_has_to_be_there(platform: Platform) -> None:
    inventory = platform.inventory
    await inventory.accounts.add(WORKSPACE, Portal.STORE, ADA)
    await inventory.devices.add(WORKSPACE, "L1")
    with pytest.raises(UnknownPolicy):
        await inventory.devices.add(WORKSPACE, "L2", policy="office")
    with pytest.raises(UnknownEmail):
        await inventory.devices.add(WORKSPACE, "L2", assigned_to=ADA)
    with pytest.raises(SerialExists):
        await inventory.devices.add(WORKSPACE, "L1")
    with pytest.raises(UnknownSerial):
        await inventory.devices.assign(WORKSPACE, "L2", None)
    assert await platform.devices() == [ListedDevice("L1", None, None)]


async def test_a_failed_addition_makes_no_workspace(platform: Platform) -> None:
    with pytest.raises(UnknownPolicy):
        await platform.inventory.devices.add(WORKSPACE, "L1", policy="office")
    assert not await platform.inventory.workspaces.exists(WORKSPACE)


async def test_a_collaborator_by_hand_is_a_viewer_unless_said_otherwise(
    platform: Platform,
) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, ADA)
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.EDITOR)
    viewer, editor = Role.VIEWER, Role.EDITOR
    assert await platform.accounts() == [
        ListedAccount(Portal.DASHBOARD, ADA, viewer, (), removed=False, own_role=viewer),
        ListedAccount(Portal.DASHBOARD, BEN, editor, (), removed=False, own_role=editor),
    ]


async def test_a_role_belongs_to_the_dashboard(platform: Platform) -> None:
    with pytest.raises(PortalWithoutRoles):
        await platform.inventory.accounts.add(WORKSPACE, Portal.STORE, ADA, role=Role.ADMIN)


async def test_a_live_email_is_taken_only_once_per_portal(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    with pytest.raises(EmailExists):
        await platform.inventory.accounts.add(WORKSPACE, Portal.STORE, ADA.upper())
    await platform.inventory.accounts.add(WORKSPACE, Portal.MDM, ADA)
    assert [account.portal for account in await platform.accounts()] == [Portal.MDM, Portal.STORE]


async def test_workspaces_do_not_see_each_other(platform: Platform) -> None:
    await platform.inventory.accounts.add("other", Portal.MDM, ADA)
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)
    assert await platform.accounts() == []
    with pytest.raises(UnknownEmail):
        await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)


async def test_workspaces_are_listed_by_name(platform: Platform) -> None:
    assert await platform.inventory.workspaces.names() == []
    for name in ("globex", WORKSPACE):
        await platform.inventory.workspaces.ensure_workspace(name)
    assert await platform.inventory.workspaces.names() == [WORKSPACE, "globex"]


# --- what leaves the inventory ----------------------------------------------------------------


async def test_a_device_leaves_the_inventory_and_comes_back_as_a_new_one(
    platform: Platform,
) -> None:
    inventory = platform.inventory
    await inventory.accounts.add(WORKSPACE, Portal.MDM, ADA)
    await inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    gone = await inventory.devices.remove(WORKSPACE, "L1")
    assert gone == ListedDevice("L1", None, None, removed=True)
    with pytest.raises(RemovedSerial):
        await inventory.devices.remove(WORKSPACE, "L1")
    with pytest.raises(UnknownSerial):
        await inventory.devices.remove(WORKSPACE, "L2")
    again = await inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    assert await platform.devices() == [again, gone]


async def test_a_policy_is_removed_once_no_device_is_under_it(platform: Platform) -> None:
    inventory = platform.inventory
    await inventory.policies.add(WORKSPACE, "office")
    await inventory.devices.add(WORKSPACE, "L1", policy="office")
    with pytest.raises(PolicyInUse):
        await inventory.policies.remove(WORKSPACE, "office")
    await inventory.devices.remove(WORKSPACE, "L1")
    await inventory.policies.remove(WORKSPACE, "office")
    assert await inventory.policies.of_workspace(WORKSPACE) == []
    with pytest.raises(UnknownPolicy):
        await inventory.policies.remove(WORKSPACE, "office")


# --- lists -----------------------------------------------------------------------------------


async def test_listing_gives_more_than_a_page(platform: Platform) -> None:
    await platform.apply(*(joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(300)))
    assert len({account.email for account in await platform.accounts()}) == 300


async def test_accounts_come_in_pages_each_of_them_once(platform: Platform) -> None:
    accounts: Accounts = platform.inventory.accounts
    everybody = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(7)]
    await platform.apply(*everybody)
    await accounts.add(WORKSPACE, Portal.MDM, ADA)
    await accounts.add("other", Portal.MDM, ADA)
    pages, after = [], None
    for _ in range(3):
        page = await accounts.page(WORKSPACE, after=after, most=3)
        pages.append(page.items)
        after = page.next
        await platform.apply(*(renamed(it, email=f"new-{it.profile.email}") for it in everybody))
    assert after is None
    assert [len(page) for page in pages] == [3, 3, 2]
    emails = [(account.email or "").removeprefix("new-") for page in pages for account in page]
    assert emails[0] == ADA
    assert sorted(emails[1:]) == [f"{n}@acme.test" for n in range(7)]


async def test_a_list_that_ends_with_its_page_has_no_next_one(platform: Platform) -> None:
    for n in range(4):
        await platform.inventory.devices.add(WORKSPACE, f"L{n}")
    first = await platform.inventory.devices.page(WORKSPACE, most=2)
    second = await platform.inventory.devices.page(WORKSPACE, after=first.next, most=2)
    assert [it.serial for it in (*first.items, *second.items)] == ["L0", "L1", "L2", "L3"]
    assert second.next is None
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.devices.page("nowhere")
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.accounts.page("nowhere")


async def test_devices_of_one_serial_number_may_lie_on_two_pages(platform: Platform) -> None:
    devices: Devices = platform.inventory.devices
    for _ in range(2):
        await devices.add(WORKSPACE, "L1")
        await devices.remove(WORKSPACE, "L1")
    await devices.add(WORKSPACE, "L1")
    found: list[ListedDevice] = []
    after = None
    for _ in range(3):
        page = await devices.page(WORKSPACE, after=after, most=1)
        found += page.items
        after = page.next
    assert [it.removed for it in found] == [False, True, True]
    assert after is None


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (AccountFilter(), {ADA, BEN, None}),
        (AccountFilter(portal=Portal.STORE), {ADA}),
        (AccountFilter(email=ADA.upper()), {ADA}),
        (AccountFilter(role=Role.ADMIN), {BEN}),
        (AccountFilter(connection="okta"), {ADA, None}),
        (AccountFilter(removed=True), {None}),
        (AccountFilter(removed=False, connection="okta"), {ADA}),
    ],
)
async def test_accounts_are_chosen_by_all_that_is_given(
    platform: Platform, chosen: AccountFilter, expected: set[str | None]
) -> None:
    rules = mdm(RemoveUser())
    leaver = joiner(rules, "gone@acme.test", "gone")
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.ADMIN)
    await platform.apply(joiner(STORE), leaver)
    await platform.apply(left(leaver, rules))
    page = await platform.inventory.accounts.page(WORKSPACE, chosen)
    assert {account.email for account in page.items} == expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (DeviceFilter(), ["L1", "L2", "L3"]),
        (DeviceFilter(serial="L2"), ["L2"]),
        (DeviceFilter(policy="office"), ["L1"]),
        (DeviceFilter(assigned_to=ADA.upper()), ["L2"]),
        (DeviceFilter(removed=True), ["L3"]),
    ],
)
async def test_devices_are_chosen_by_all_that_is_given(
    platform: Platform, chosen: DeviceFilter, expected: list[str]
) -> None:
    inventory = platform.inventory
    await inventory.policies.add(WORKSPACE, "office")
    await inventory.accounts.add(WORKSPACE, Portal.MDM, ADA)
    await inventory.devices.add(WORKSPACE, "L1", policy="office")
    await inventory.devices.add(WORKSPACE, "L2", assigned_to=ADA)
    await inventory.devices.add(WORKSPACE, "L3")
    await inventory.devices.remove(WORKSPACE, "L3")
    assert [it.serial for it in (await inventory.devices.page(WORKSPACE, chosen)).items] == expected


async def test_what_identities_hold_is_found_by_their_ids(platform: Platform) -> None:
    rules, inventory = mdm(RemoveUser()), platform.inventory
    await platform.apply(joiner(rules), joiner(rules, BEN, "ben"))
    await inventory.devices.add(WORKSPACE, "L2", assigned_to=ADA)
    await inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    everybody = ["ada", "ben", "nobody"]
    held = await inventory.accounts.held_by("okta", everybody)
    assert {identity: account.email for identity, account in held.items()} == {
        "ada": ADA,
        "ben": BEN,
    }
    devices = await inventory.devices.held_by("okta", everybody)
    assert {identity: [it.serial for it in those] for identity, those in devices.items()} == {
        "ada": ["L1", "L2"]
    }
    assert await inventory.accounts.held_by("entra", everybody) == {}
    assert await inventory.devices.held_by("entra", everybody) == {}
