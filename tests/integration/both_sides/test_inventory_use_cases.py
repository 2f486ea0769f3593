"""Do administrators see and change accounts, devices and policies of their own workspace alone?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from api.admin.accounts import (
    account_at,
    add_account,
    list_accounts,
    page_accounts,
    release_account,
    show_account,
)
from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Outcome
from api.admin.connections import create_connection
from api.admin.devices import (
    add_device,
    assign_device,
    change_device_policy,
    device_with_serial,
    list_devices,
    page_devices,
    remove_device,
    show_device,
)
from api.admin.list_audit import ListedChange, list_changes
from api.admin.policies import add_policy, list_policies, remove_policy
from api.admin.workspaces import CREATION
from api.errors import NewWorkspace, NotAllowed, PolicyNamed, UnknownWorkspace
from contracts.downstream.accounts import AccountFilter
from contracts.downstream.devices import DeviceFilter
from contracts.downstream.errors import DownstreamError
from contracts.rules import ChangePolicy, CreateMdmEmployee, MdmRules, Portal, Role
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.errors import (
    EmailExists,
    PolicyInUse,
    RemovedSerial,
    SerialExists,
    UnknownAccount,
    UnknownDevice,
    UnknownEmail,
    UnknownPolicy,
)

OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)
ADA, BEN = "ada@acme.test", "ben@acme.test"


@pytest.fixture
def it(databases: Databases) -> Administration:
    """Give an installation that is empty."""
    return administration_of(databases, Settings())


async def audited(it: Administration) -> list[ListedChange]:
    """Return the changes in workspaces that were recorded, the earliest first."""
    changes = await list_changes(it, COMMAND)
    return [each for each in reversed(changes) if each.action != CREATION]


async def test_an_account_is_made_shown_found_and_listed(it: Administration) -> None:
    made = await add_account(it, COMMAND, "Acme", Portal.DASHBOARD, ADA, role=Role.ADMIN)
    assert await show_account(it, VIEWER, "acme", made.id) == made
    assert await account_at(it, VIEWER, "acme", Portal.DASHBOARD, ADA.upper()) == made
    assert [each async for each in list_accounts(it, VIEWER, "acme")] == [made]
    begun, change = await audited(it)
    assert (change.action, change.subject, change.outcome) == ("accounts.add", made.id, "done")
    assert begun == replace(change, number=begun.number, at=begun.at, outcome=Outcome.BEGUN)
    assert change.after == {"portal": "dashboard", "role": "admin"}


async def test_accounts_are_paged_by_filters(it: Administration) -> None:
    for name in ("ada", "ben", "cid"):
        await add_account(it, COMMAND, "Acme", Portal.STORE, f"{name}@acme.test")
    await add_account(it, COMMAND, "Acme", Portal.MDM, ADA)
    chosen = AccountFilter(portal=Portal.STORE)
    first = await page_accounts(it, VIEWER, "Acme", chosen, most=2)
    rest = await page_accounts(it, VIEWER, "Acme", chosen, after=first.next, most=2)
    assert {each.email for each in (*first.items, *rest.items)} == {ADA, BEN, "cid@acme.test"}
    assert (len(first.items), rest.next) == (2, None)
    listed = list_accounts(it, VIEWER, "Acme", chosen, most=2)
    assert [each.email async for each in listed] == [ADA, BEN]


async def test_a_refused_account_is_audited_as_failed(it: Administration) -> None:
    await add_account(it, COMMAND, "Acme", Portal.STORE, ADA)
    with pytest.raises(EmailExists):
        await add_account(it, OWNER, "Acme", Portal.STORE, ADA.upper())
    *_, begun, failed = await audited(it)
    assert (begun.outcome, failed.outcome, failed.actor) == ("begun", "failed", "admin:1")
    assert begun.correlation_id == failed.correlation_id


async def test_a_release_is_recorded_once(it: Administration) -> None:
    made = await add_account(it, COMMAND, "Acme", Portal.DASHBOARD, ADA, role=Role.ADMIN)
    released = await release_account(it, OWNER, "Acme", made.id)
    assert released == replace(made, released=True)
    assert await release_account(it, OWNER, "Acme", made.id) == released
    *_, begun, change = await audited(it)
    assert [each.action for each in await audited(it)].count(change.action) == 2
    assert (begun.outcome, change.outcome) == ("begun", "done")
    assert (change.action, change.subject) == ("accounts.release", made.id)


async def test_a_device_is_enrolled_assigned_put_under_a_policy_and_removed(
    it: Administration,
) -> None:
    account = await add_account(it, COMMAND, "Acme", Portal.MDM, ADA)
    await add_policy(it, OWNER, "Acme", "office")
    device = await add_device(it, OWNER, "Acme", "L1")
    assert (await assign_device(it, OWNER, "Acme", device.id, ADA)).account == account.id
    put = await change_device_policy(it, OWNER, "Acme", device.id, "office")
    assert (put.policy, put.assigned_to) == ("office", ADA)
    assert await device_with_serial(it, VIEWER, "Acme", "L1") == put
    assert (await assign_device(it, OWNER, "Acme", device.id, None)).account is None
    removed = await remove_device(it, OWNER, "Acme", device.id)
    assert (removed.removed, await show_device(it, VIEWER, "Acme", device.id)) == (True, removed)
    done = [each for each in await audited(it) if each.outcome == "done"]
    told = [(each.action, each.before, each.after) for each in done[2:]]
    assert told == [
        ("devices.add", None, {"policy": None, "account": None}),
        ("devices.assign", {"account": None}, {"account": account.id}),
        ("devices.policy", {"policy": None}, {"policy": "office"}),
        ("devices.assign", {"account": account.id}, {"account": None}),
        ("devices.remove", {"account": None}, {"account": None, "removed": True}),
    ]


async def test_a_removed_serial_comes_back_as_another_device(it: Administration) -> None:
    first = await add_device(it, COMMAND, "Acme", "L1")
    await remove_device(it, OWNER, "Acme", first.id)
    for use_case in (remove_device(it, OWNER, "Acme", first.id),):
        with pytest.raises(RemovedSerial):
            await use_case
    second = await add_device(it, OWNER, "Acme", "L1")
    assert second.id != first.id
    assert await device_with_serial(it, VIEWER, "Acme", "L1") == second
    live = DeviceFilter(serial="L1", removed=False)
    assert (await page_devices(it, VIEWER, "Acme", live)).items == (second,)
    assert [each.removed async for each in list_devices(it, VIEWER, "Acme")] == [False, True]


async def test_what_a_device_names_has_to_be_there_and_nothing_is_changed(
    it: Administration,
) -> None:
    device = await add_device(it, COMMAND, "Acme", "L1")
    with pytest.raises(UnknownEmail):
        await assign_device(it, OWNER, "Acme", device.id, ADA)
    with pytest.raises(UnknownPolicy):
        await change_device_policy(it, OWNER, "Acme", device.id, "office")
    with pytest.raises(UnknownDevice):
        await change_device_policy(it, OWNER, "Acme", "nothing", None)
    assert await show_device(it, VIEWER, "Acme", device.id) == device


async def test_a_policy_that_rules_or_devices_need_stays(
    it: Administration, databases: Databases
) -> None:
    await add_policy(it, COMMAND, "Acme", "office")
    device = await add_device(it, OWNER, "Acme", "L1", policy="office")
    with pytest.raises(PolicyInUse):
        await remove_policy(it, OWNER, "Acme", "office")
    await remove_device(it, OWNER, "Acme", device.id)
    rules = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy="office"))
    await create_connection(databases.directory, "Other", rules, 1)
    made = await create_connection(databases.directory, "Acme", rules, 1)
    with pytest.raises(PolicyNamed, match=made.id):
        await remove_policy(it, OWNER, "Acme", "office")
    assert await list_policies(it, VIEWER, "Acme") == ["office"]


async def test_a_workspace_beside_others_is_made_on_demand_only(it: Administration) -> None:
    await add_policy(it, COMMAND, "Acme", "office")
    adding: list[Callable[[bool], Awaitable[object]]] = [
        lambda new: add_policy(it, COMMAND, "Acne", "office", new_workspace=new),
        lambda new: add_device(it, COMMAND, "Acne", "L1", new_workspace=new),
        lambda new: add_account(it, COMMAND, "Acne", Portal.STORE, ADA, new_workspace=new),
    ]
    for add in adding:
        with pytest.raises(NewWorkspace):
            await add(False)
    with pytest.raises(UnknownWorkspace):
        await list_policies(it, COMMAND, "Acne")
    await adding[0](True)
    assert await list_policies(it, COMMAND, "acne") == ["office"]


async def test_another_workspace_and_its_things_are_unknown(it: Administration) -> None:
    account = await add_account(it, COMMAND, "Acme", Portal.MDM, ADA)
    device = await add_device(it, OWNER, "Acme", "L1", assigned_to=ADA)
    await add_policy(it, COMMAND, "Other", "theirs", new_workspace=True)
    before = await audited(it)

    async def first(found: AsyncIterator[object]) -> object:
        return await anext(found)

    of_workspace = [
        first(list_accounts(it, STRANGER, "Acme")),
        page_accounts(it, STRANGER, "Acme"),
        show_account(it, STRANGER, "Acme", account.id),
        account_at(it, STRANGER, "Acme", Portal.MDM, ADA),
        add_account(it, STRANGER, "Acme", Portal.MDM, BEN),
        release_account(it, STRANGER, "Acme", account.id),
        first(list_devices(it, STRANGER, "Acme")),
        page_devices(it, STRANGER, "Acme"),
        show_device(it, STRANGER, "Acme", device.id),
        device_with_serial(it, STRANGER, "Acme", "L1"),
        add_device(it, STRANGER, "Acme", "L2"),
        assign_device(it, STRANGER, "Acme", device.id, None),
        change_device_policy(it, STRANGER, "Acme", device.id, None),
        remove_device(it, STRANGER, "Acme", device.id),
        list_policies(it, STRANGER, "Acme"),
        add_policy(it, STRANGER, "Acme", "office"),
        remove_policy(it, STRANGER, "Acme", "office"),
    ]
    for asked in of_workspace:
        with pytest.raises(UnknownWorkspace):
            await asked
    by_id = [
        (show_account(it, STRANGER, "Other", account.id), UnknownAccount),
        (release_account(it, STRANGER, "Other", account.id), UnknownAccount),
        (show_device(it, STRANGER, "Other", device.id), UnknownDevice),
        (assign_device(it, STRANGER, "Other", device.id, None), UnknownDevice),
        (change_device_policy(it, STRANGER, "Other", device.id, "theirs"), UnknownDevice),
        (remove_device(it, STRANGER, "Other", device.id), UnknownDevice),
        (add_device(it, STRANGER, "Other", "L2", assigned_to=ADA), UnknownEmail),
    ]
    for asked, error in by_id:
        with pytest.raises(error):
            await asked
    assert await audited(it) == before
    assert await show_device(it, OWNER, "Acme", device.id) == device


async def test_a_viewer_changes_nothing(it: Administration) -> None:
    account = await add_account(it, COMMAND, "Acme", Portal.DASHBOARD, ADA)
    device = await add_device(it, OWNER, "Acme", "L1")
    before = await audited(it)
    for asked in (
        add_account(it, VIEWER, "Acme", Portal.MDM, BEN),
        release_account(it, VIEWER, "Acme", account.id),
        add_device(it, VIEWER, "Acme", "L2"),
        assign_device(it, VIEWER, "Acme", device.id, None),
        change_device_policy(it, VIEWER, "Acme", device.id, None),
        remove_device(it, VIEWER, "Acme", device.id),
        add_policy(it, VIEWER, "Acme", "office"),
        remove_policy(it, VIEWER, "Acme", "office"),
    ):
        with pytest.raises(NotAllowed):
            await asked
    assert await audited(it) == before


async def test_two_administrators_at_once_enrol_a_device_once(it: Administration) -> None:
    await add_policy(it, COMMAND, "Acme", "office")
    racing = [add_device(it, OWNER, "Acme", "L1") for _ in range(4)]
    done = await asyncio.gather(*racing, return_exceptions=True)
    errors = [each for each in done if isinstance(each, DownstreamError)]
    assert (len(errors), {type(each) for each in errors}) == (3, {SerialExists})
    outcomes = [each.outcome for each in await audited(it) if each.action == "devices.add"]
    assert sorted(outcomes) == ["begun"] * 4 + ["done"] + ["failed"] * 3
