"""What is left of accounts and devices after each deactivation, as read back from the database?"""

import asyncio

import pytest

from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.rules import (
    ChangePolicy,
    LeaveAlone,
    MdmDeactivation,
    Portal,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    UnassignDevices,
)
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    deleted,
    joiner,
    left,
    mdm,
    resynced,
    returned,
)
from tests.drivers.platform import Platform
from worker.errors import RemovedSerial, SerialExists


async def _leave(platform: Platform, action: MdmDeactivation) -> None:
    """Let Ada, who has two devices, leave under this rule; a third device is Ben's."""
    inventory = platform.inventory
    rules = mdm(action)
    await inventory.policies.add(WORKSPACE, "office")
    await inventory.policies.add(WORKSPACE, "locked")
    await platform.apply(joiner(rules), joiner(rules, BEN, "ben"))
    for serial, owner in (("L1", ADA), ("L2", ADA), ("L3", BEN)):
        await inventory.devices.add(WORKSPACE, serial, policy="office", assigned_to=owner)
    await platform.apply(left(joiner(rules), rules))


async def _ada(platform: Platform) -> ListedAccount | None:
    return next((it for it in await platform.accounts() if it.email == ADA), None)


BENS = ListedDevice("L3", "office", BEN)


async def test_nothing_leaves_account_and_devices_alone(platform: Platform) -> None:
    await _leave(platform, LeaveAlone())
    assert await _ada(platform) is not None
    assert await platform.devices() == [
        ListedDevice("L1", "office", ADA),
        ListedDevice("L2", "office", ADA),
        BENS,
    ]


async def test_unassign_devices_releases_them_and_keeps_the_user(platform: Platform) -> None:
    await _leave(platform, UnassignDevices())
    assert await _ada(platform) is not None
    assert await platform.devices() == [
        ListedDevice("L1", "office", None),
        ListedDevice("L2", "office", None),
        BENS,
    ]


async def test_change_policy_puts_the_assigned_devices_under_the_named_one(
    platform: Platform,
) -> None:
    await _leave(platform, ChangePolicy(policy="locked"))
    assert await _ada(platform) is not None
    assert await platform.devices() == [
        ListedDevice("L1", "locked", ADA),
        ListedDevice("L2", "locked", ADA),
        BENS,
    ]


async def test_remove_user_releases_the_devices_first(platform: Platform) -> None:
    await _leave(platform, RemoveUser())
    assert await _ada(platform) is None
    assert await platform.devices() == [
        ListedDevice("L1", "office", None),
        ListedDevice("L2", "office", None),
        BENS,
    ]


async def test_remove_user_and_devices_takes_the_devices_out_of_the_inventory(
    platform: Platform,
) -> None:
    await _leave(platform, RemoveUserAndDevices())
    assert await _ada(platform) is None
    assert await platform.devices() == [
        ListedDevice("L1", "office", None, removed=True),
        ListedDevice("L2", "office", None, removed=True),
        BENS,
    ]


async def test_a_removed_device_is_enrolled_again_and_its_removal_stays_on_record(
    platform: Platform,
) -> None:
    await _leave(platform, RemoveUserAndDevices())
    with pytest.raises(RemovedSerial, match="add it again"):
        await platform.inventory.devices.assign(WORKSPACE, "L1", BEN)
    await platform.inventory.devices.add(WORKSPACE, "L1", policy="office", assigned_to=BEN)
    with pytest.raises(SerialExists):
        await platform.inventory.devices.add(WORKSPACE, "L1")
    gone = ListedDevice("L1", "office", None, removed=True)
    assert (await platform.devices())[:2] == [ListedDevice("L1", "office", BEN), gone]
    await platform.inventory.devices.assign(WORKSPACE, "L1", None)
    assert (await platform.devices())[:2] == [ListedDevice("L1", "office", None), gone]
    assert await platform.count("device_actions") == 2


async def test_a_device_is_removed_once_in_each_of_its_lives(platform: Platform) -> None:
    rules = mdm(RemoveUserAndDevices())
    event = joiner(rules)
    for lives in range(1, 4):
        await platform.apply(event)
        await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
        leaver = left(event, rules)
        await platform.apply(leaver)
        await platform.apply(leaver, resynced(leaver))
        assert await platform.devices() == [ListedDevice("L1", None, None, removed=True)] * lives
        assert await platform.count("device_actions") == lives
        event = returned(resynced(leaver))


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_only_the_first_of_many_enrolments_at_once_is_taken(platform: Platform) -> None:
    enrolments = [platform.inventory.devices.add(WORKSPACE, "L1") for _ in range(5)]
    outcomes = await asyncio.gather(*enrolments, return_exceptions=True)
    assert sorted(type(it).__name__ for it in outcomes) == ["ListedDevice", *["SerialExists"] * 4]
    assert await platform.devices() == [ListedDevice("L1", None, None)]


async def test_a_removed_employee_stays_on_record_without_an_email(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "ada", "Sales"))
    await platform.apply(left(joiner(STORE, ADA, "ada", "Sales"), STORE))
    assert await platform.accounts() == [
        ListedAccount(
            Portal.STORE, None, None, ("Sales",), True, version=2, connection="okta", made_by="okta"
        )
    ]


async def test_a_collaborator_goes_and_comes_back_on_the_same_account(platform: Platform) -> None:
    rules = dashboard(Role.EDITOR)
    gone = left(joiner(rules), rules)
    await platform.apply(joiner(rules))
    await platform.apply(gone)
    await platform.apply(returned(gone))
    [account] = await platform.accounts()
    assert (account.email, account.role, account.removed) == (ADA, Role.EDITOR, False)
    assert (account.version, account.connection) == (3, "okta")


async def test_a_deleted_identity_unlinks_what_it_does_not_remove(platform: Platform) -> None:
    rules = mdm(LeaveAlone())
    await platform.apply(joiner(rules))
    await platform.apply(deleted(joiner(rules), rules))
    [account] = await platform.accounts()
    assert (account.email, account.version, account.connection) == (ADA, None, None)
