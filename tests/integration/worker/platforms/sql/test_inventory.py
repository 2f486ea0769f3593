"""What can operators do by hand, and what is answered when they cannot?"""

import pytest

from contracts.rules import Portal, Role
from tests.drivers.people import ADA, BEN, STORE, WORKSPACE, joiner
from tests.drivers.platform import Platform
from worker.errors import (
    EmailExists,
    PolicyExists,
    PortalWithoutRoles,
    SerialExists,
    UnknownEmail,
    UnknownPolicy,
    UnknownSerial,
    UnknownWorkspace,
)
from worker.platforms.sql.listed_accounts import ListedAccount
from worker.platforms.sql.listed_devices import ListedDevice
from worker.platforms.sql.policies import StoredPolicies


async def test_a_workspace_is_made_on_first_use(platform: Platform) -> None:
    assert not await platform.inventory.workspace_exists(WORKSPACE)
    await platform.inventory.add_policy(WORKSPACE, "office")
    assert await platform.inventory.workspace_exists(WORKSPACE)
    await platform.inventory.ensure_workspace(WORKSPACE)


async def test_an_unknown_workspace_is_not_listed(platform: Platform) -> None:
    with pytest.raises(UnknownWorkspace):
        await platform.accounts()
    with pytest.raises(UnknownWorkspace):
        await platform.devices()
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.list_policies(WORKSPACE)
    with pytest.raises(UnknownWorkspace):
        await platform.inventory.assign_device(WORKSPACE, "L1", ADA)


async def test_policies_are_listed_by_name_and_made_once(platform: Platform) -> None:
    await platform.inventory.add_policy(WORKSPACE, "office")
    await platform.inventory.add_policy(WORKSPACE, "locked")
    with pytest.raises(PolicyExists):
        await platform.inventory.add_policy(WORKSPACE, "office")
    assert await platform.inventory.list_policies(WORKSPACE) == ["locked", "office"]
    assert await StoredPolicies(platform.database).exists(WORKSPACE, "office")
    assert not await StoredPolicies(platform.database).exists(WORKSPACE, "Office")


async def test_a_device_is_assigned_by_email_whatever_its_case(platform: Platform) -> None:
    await platform.inventory.add_account(WORKSPACE, Portal.MDM, ADA)
    await platform.inventory.add_device(WORKSPACE, "L1", assigned_to=ADA.upper())
    await platform.inventory.add_device(WORKSPACE, "L0")
    assert await platform.devices() == [
        ListedDevice("L0", None, None),
        ListedDevice("L1", None, ADA),
    ]
    await platform.inventory.assign_device(WORKSPACE, "L0", ADA)
    await platform.inventory.assign_device(WORKSPACE, "L1", None)
    assert [device.assigned_to for device in await platform.devices()] == [ADA, None]


async def test_what_a_device_names_has_to_be_there(platform: Platform) -> None:
    inventory = platform.inventory
    await inventory.add_account(WORKSPACE, Portal.STORE, ADA)
    await inventory.add_device(WORKSPACE, "L1")
    with pytest.raises(UnknownPolicy):
        await inventory.add_device(WORKSPACE, "L2", policy="office")
    with pytest.raises(UnknownEmail):
        await inventory.add_device(WORKSPACE, "L2", assigned_to=ADA)
    with pytest.raises(SerialExists):
        await inventory.add_device(WORKSPACE, "L1")
    with pytest.raises(UnknownSerial):
        await inventory.assign_device(WORKSPACE, "L2", None)
    assert await platform.devices() == [ListedDevice("L1", None, None)]


async def test_a_failed_addition_makes_no_workspace(platform: Platform) -> None:
    with pytest.raises(UnknownPolicy):
        await platform.inventory.add_device(WORKSPACE, "L1", policy="office")
    assert not await platform.inventory.workspace_exists(WORKSPACE)


async def test_a_collaborator_by_hand_is_a_viewer_unless_said_otherwise(
    platform: Platform,
) -> None:
    await platform.inventory.add_account(WORKSPACE, Portal.DASHBOARD, ADA)
    await platform.inventory.add_account(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.EDITOR)
    viewer, editor = Role.VIEWER, Role.EDITOR
    assert await platform.accounts() == [
        ListedAccount(Portal.DASHBOARD, ADA, viewer, (), removed=False, own_role=viewer),
        ListedAccount(Portal.DASHBOARD, BEN, editor, (), removed=False, own_role=editor),
    ]


async def test_a_role_belongs_to_the_dashboard(platform: Platform) -> None:
    with pytest.raises(PortalWithoutRoles):
        await platform.inventory.add_account(WORKSPACE, Portal.STORE, ADA, role=Role.ADMIN)


async def test_a_live_email_is_taken_only_once_per_portal(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    with pytest.raises(EmailExists):
        await platform.inventory.add_account(WORKSPACE, Portal.STORE, ADA.upper())
    await platform.inventory.add_account(WORKSPACE, Portal.MDM, ADA)
    assert [account.portal for account in await platform.accounts()] == [Portal.MDM, Portal.STORE]


async def test_workspaces_do_not_see_each_other(platform: Platform) -> None:
    await platform.inventory.add_account("other", Portal.MDM, ADA)
    await platform.inventory.ensure_workspace(WORKSPACE)
    assert await platform.accounts() == []
    with pytest.raises(UnknownEmail):
        await platform.inventory.add_device(WORKSPACE, "L1", assigned_to=ADA)


async def test_listing_gives_more_than_a_page(platform: Platform) -> None:
    await platform.apply(*(joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(300)))
    assert len({account.email for account in await platform.accounts()}) == 300
