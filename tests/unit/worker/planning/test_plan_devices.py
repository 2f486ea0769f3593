"""What happens to the devices of somebody who leaves? Their order, the policy, the ledger."""

from dataclasses import replace

import pytest

from contracts.rules import (
    ChangePolicy,
    MdmRules,
    RemoveUser,
    RemoveUserAndDevices,
    UnassignDevices,
)
from tests.drivers.people import (
    WORKSPACE,
    a_world,
    by_hand,
    deleted,
    joiner,
    kinds,
    laptop,
    left,
    mdm,
    play,
    refusals,
    refused,
    resynced,
    returned,
    the_device,
)
from worker.planning.actions import (
    ChangeDevicePolicy,
    DeviceActionKind,
    LinkAccount,
    Outcome,
    Reason,
    RefusedAction,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    UnlinkAccount,
)
from worker.planning.facts import Facts, IdentityKey, SyncRecord
from worker.planning.plan import plan

LOCK = mdm(ChangePolicy(policy="locked"))
ADA = by_hand(LOCK.portal)


def test_remove_user_releases_the_devices_first() -> None:
    rules = mdm(RemoveUser())
    world = a_world(ADA, laptop(ADA, "L2"), laptop(ADA, "L1"))
    [planned] = play(world, left(joiner(rules), rules))
    assert kinds(planned) == [LinkAccount, ReleaseDevice, ReleaseDevice, RemoveAccount]


def test_remove_user_and_devices_removes_the_devices_first() -> None:
    rules = mdm(RemoveUserAndDevices())
    world = a_world(ADA, laptop(ADA, "L2"), laptop(ADA, "L1"))
    [planned] = play(world, left(joiner(rules), rules))
    assert kinds(planned) == [LinkAccount, RemoveDevice, RemoveDevice, RemoveAccount]


def test_devices_are_taken_in_the_order_of_their_serials() -> None:
    rules = mdm(RemoveUser())
    world = a_world(ADA, laptop(ADA, "L2"), laptop(ADA, "L1"), laptop(ADA, "L3"))
    [planned] = play(world, left(joiner(rules), rules))
    released = [it.device.serial for it in planned.actions if isinstance(it, ReleaseDevice)]
    assert released == ["L1", "L2", "L3"]


def test_only_assigned_devices_of_the_inventory_are_touched() -> None:
    rules = mdm(RemoveUserAndDevices())
    gone = replace(laptop(ADA, "L2"), removed=True)
    other = by_hand(rules.portal, "eve@acme.test")
    world = a_world(ADA, other, gone, laptop(other, "L3"), laptop(None, "L4"))
    [planned] = play(world, left(joiner(rules), rules))
    assert kinds(planned) == [LinkAccount, RemoveAccount]


# --- the policy ---------------------------------------------------------------------------


def test_an_unknown_policy_is_refused_and_the_version_recorded() -> None:
    world = a_world(ADA, laptop(ADA))
    joined = joiner(LOCK)
    gone = left(joined, LOCK)
    [_, planned] = play(world, joined, gone)
    assert planned.outcome is Outcome.REFUSED
    assert refusals(planned) == [(RefusedAction.DEACTIVATE, Reason.UNKNOWN_POLICY)]
    assert planned.record.applied_version == gone.version
    assert the_device(world).policy == "office"


def test_the_policy_is_changed_when_it_is_made_at_last() -> None:
    world = a_world(ADA, laptop(ADA))
    play(world, left(joiner(LOCK), LOCK))
    world.add_policy(WORKSPACE, "locked")
    world.replan_due()
    assert the_device(world).policy == "locked"
    assert refused(world) == []


def test_a_policy_of_another_workspace_does_not_help() -> None:
    world = a_world(ADA, laptop(ADA))
    play(world, left(joiner(LOCK), LOCK))
    world.add_policy("other", "locked")
    world.replan_due()
    assert refused(world) == [Reason.UNKNOWN_POLICY]


def test_a_refused_deactivation_is_planned_again_at_the_next_event() -> None:
    world = a_world(ADA, laptop(ADA))
    gone = left(joiner(LOCK), LOCK)
    play(world, gone)
    world.policies.add((WORKSPACE, "locked"))
    [planned] = play(world, resynced(gone))
    assert kinds(planned) == [ChangeDevicePolicy]


def test_a_refused_deactivation_waits_even_if_the_person_is_active_again() -> None:
    world = a_world(ADA, laptop(ADA))
    gone = left(joiner(LOCK), LOCK)
    play(world, gone, returned(gone))
    assert refused(world) == [Reason.UNKNOWN_POLICY]
    world.add_policy(WORKSPACE, "locked")
    world.replan_due()
    assert the_device(world).policy == "locked"


def test_a_deleted_identity_keeps_the_account_until_its_refused_deactivation_is_done() -> None:
    world = a_world(ADA, laptop(ADA), policies=())
    joined = joiner(LOCK)
    [_, planned] = play(world, joined, deleted(joined, LOCK))
    assert UnlinkAccount not in kinds(planned)
    world.add_policy(WORKSPACE, "locked")
    world.replan_due()
    assert the_device(world).policy == "locked"
    assert [record.account_id for record in world.records.values()] == [None]


def test_the_policy_is_the_one_that_the_rules_named_when_the_person_left() -> None:
    world = a_world(ADA, laptop(ADA), policies=("locked", "quarantine"))
    gone = left(joiner(LOCK), LOCK)
    changed = mdm(ChangePolicy(policy="quarantine"))
    play(world, resynced(gone, changed))
    assert the_device(world).policy == "locked"


# --- the ledger ---------------------------------------------------------------------------

RULES_AND_KINDS = [
    (LOCK, DeviceActionKind.CHANGE_POLICY),
    (mdm(UnassignDevices()), DeviceActionKind.RELEASE),
    (mdm(RemoveUserAndDevices()), DeviceActionKind.REMOVE),
]


@pytest.mark.parametrize(("rules", "kind"), RULES_AND_KINDS, ids=lambda it: str(it)[:16])
def test_a_device_action_that_the_ledger_knows_is_not_taken_again(
    rules: MdmRules, kind: DeviceActionKind
) -> None:
    """Such an entry without its deactivation in the record is what a restore can leave."""
    done, other = laptop(ADA, "L1"), laptop(ADA, "L2")
    facts = Facts(
        record=SyncRecord(IdentityKey("okta", "ada"), applied_version=1, account_id=ADA.id),
        new_account_id="new",
        account=ADA,
        account_with_email=ADA,
        its_holder=IdentityKey("okta", "ada"),
        devices=(done, other),
        done=frozenset({(done.id, kind)}),
        policies=frozenset({"locked"}),
    )
    planned = plan(facts, left(joiner(rules), rules))
    touched = [it.device.serial for it in planned.actions if hasattr(it, "device")]
    assert touched == ["L2"]


def test_every_device_action_stands_in_the_ledger_with_its_deactivation() -> None:
    rules = mdm(RemoveUser())
    world = a_world(ADA, laptop(ADA))
    gone = left(joiner(rules), rules)
    play(world, gone)
    [entry] = world.ledger
    assert (entry.key.identity, entry.deactivated_at) == ("ada", gone.terms.deactivated_at)
    assert (entry.device_id, entry.kind) == (laptop(ADA).id, DeviceActionKind.RELEASE)
