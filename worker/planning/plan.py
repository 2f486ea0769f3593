"""What happens downstream when an identity changes? A pure decision: facts and event in, plan out.

Everything an administrator chose is decided here: who gets an account, which role holds, what
happens to the devices of somebody who leaves, and what is refused.
"""

from dataclasses import replace
from typing import assert_never

from contracts.identity_changed import IdentityChanged
from contracts.rules import (
    ChangePolicy,
    CreateNothing,
    DeactivationAction,
    LeaveAlone,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    UnassignDevices,
)
from worker.planning.actions import (
    ChangeDevicePolicy,
    CreateAccount,
    DeviceActionKind,
    LinkAccount,
    Plan,
    Reason,
    RefusedAction,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
    UnlinkAccount,
    outdated,
)
from worker.planning.assert_attributes import assert_attributes, keeps_admin, with_attributes
from worker.planning.facts import Account, Facts
from worker.planning.obstacles import admin_obstacle, policy_obstacle
from worker.planning.plan_builder import PlanBuilder
from worker.planning.roles import left_behind, mapped_role, role_of_rule


def plan(facts: Facts, event: IdentityChanged) -> Plan:
    """Plan an event that arrived; one that is not newer than the applied version is dropped."""
    outcome = outdated(event.version, facts.record.applied_version)
    return replan(facts, event) if outcome is None else Plan(outcome, facts.record)


def replan(facts: Facts, event: IdentityChanged) -> Plan:
    """Plan the newest event again, because an obstacle may be gone."""
    builder = PlanBuilder(facts, event)
    if event.ever_active:
        if event.terms.deactivated_at > facts.record.deactivated_at:
            _apply_missed_deactivation(builder)
        if event.active:
            _provide_account(builder)
        assert_attributes(builder)
        if event.deleted:
            _unlink(builder)
    return builder.plan()


# --- coming -------------------------------------------------------------------------------


def _provide_account(builder: PlanBuilder) -> None:
    """Make sure that an active identity has its account: linked, restored or created."""
    if builder.live is not None:
        return
    if builder.has_left_unknown:
        builder.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.LEFT)
        return
    event, other = builder.event, builder.other_account
    email = event.profile.email
    if email is None:
        builder.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)
    elif other is not None and builder.facts.its_holder is not None and builder.let_yield():
        _provide_account(builder)
    elif other is not None and builder.facts.its_holder is not None:
        obstacle = builder.email_obstacle(email)
        builder.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.CONFLICT, obstacle)
    elif other is not None:
        _link(builder, other)
    elif not isinstance(event.terms.on_create, CreateNothing):
        _create(builder, email)


def _link(builder: PlanBuilder, account: Account) -> None:
    builder.actions.append(LinkAccount(account))
    builder.account = account


def _create(builder: PlanBuilder, email: str) -> None:
    """Apply the creation rule; who was removed before comes back on the same account.

    It comes back as the rule would make it today, whoever had made it: the address is that of now,
    and a role given by hand was not meant for it.
    """
    event, removed = builder.event, builder.account
    account = removed or Account(builder.facts.new_account_id, event.workspace, event.portal, email)
    account = with_attributes(account, event)
    made = replace(
        account,
        email=email,
        removed=False,
        role=mapped_role(event) or role_of_rule(event),
        own_role=role_of_rule(event),
        made_by=event.connection,
        released=False,
    )
    builder.put(CreateAccount(made) if removed is None else RestoreAccount(made))


# --- leaving ------------------------------------------------------------------------------


def _apply_missed_deactivation(builder: PlanBuilder) -> None:
    """Apply a deactivation that has not been applied yet, even to somebody back by now.

    Events in between may have been lost or folded into this one, so the identity is planned as
    it was when it last was active first. Whatever could not be had then needs no refusal now.
    """
    if _lost_to_a_successor(builder):
        builder.deactivated_at = builder.event.terms.deactivated_at
        return
    if builder.account is None or builder.other_account is not None:
        _provide_account(builder)
    assert_attributes(builder)
    builder.refusals.clear()
    if builder.live is None or _deactivate(builder, builder.event.terms.deactivation):
        builder.deactivated_at = builder.event.terms.deactivated_at


def _lost_to_a_successor(builder: PlanBuilder) -> bool:
    """Say whether somebody took the account over from a deleted identity while it waited.

    It must not look for another one then: two deleted ones would take it from each other forever.
    """
    return builder.facts.record.deleted and builder.account is None


def _deactivate(builder: PlanBuilder, action: DeactivationAction) -> bool:
    """Do what the rules named when the person left; False where that is refused."""
    match action:
        case LeaveAlone():
            return True
        case RemoveEmployee() | RemoveCollaborator():
            return _remove_account(builder)
        case UnassignDevices():
            _release_devices(builder)
            return True
        case ChangePolicy(policy=policy):
            return _change_policy(builder, policy)
        case RemoveUser():
            _release_devices(builder)
            return _remove_account(builder)
        case RemoveUserAndDevices():
            _remove_devices(builder)
            return _remove_account(builder)
        case never:
            assert_never(never)


def _remove_account(builder: PlanBuilder) -> bool:
    account = builder.live
    if account is None:
        return True
    if builder.is_last_admin:
        if _comes_back(builder.event):
            return True
        builder.refuse(
            RefusedAction.DEACTIVATE, Reason.LAST_ADMIN, admin_obstacle(account.workspace)
        )
        return False
    builder.put(RemoveAccount(account.without_email()))
    return True


def _release_devices(builder: PlanBuilder) -> None:
    for device in builder.assigned_devices():
        released = replace(device, assigned_to=None)
        builder.act_on(device, DeviceActionKind.RELEASE, ReleaseDevice(released))


def _remove_devices(builder: PlanBuilder) -> None:
    for device in builder.assigned_devices():
        removed = replace(device, assigned_to=None, removed=True)
        builder.act_on(device, DeviceActionKind.REMOVE, RemoveDevice(removed))


def _change_policy(builder: PlanBuilder, policy: str) -> bool:
    if policy not in builder.facts.policies:
        obstacle = policy_obstacle(builder.event.workspace, policy)
        builder.refuse(RefusedAction.DEACTIVATE, Reason.UNKNOWN_POLICY, obstacle)
        return False
    for device in builder.assigned_devices():
        changed = replace(device, policy=policy)
        builder.act_on(device, DeviceActionKind.CHANGE_POLICY, ChangeDevicePolicy(changed))
    return True


def _unlink(builder: PlanBuilder) -> None:
    """Unlink what a deleted identity leaves behind, unless a refused action still waits.

    An Admin who stays only for want of another is downgraded or removed later. Any other refusal
    is not the identity's business any more.
    """
    account = builder.live
    if account is None or _outlives_deletion(builder):
        return
    left = left_behind(account, builder.event)
    if not keeps_admin(builder, left.role):
        builder.put(UnlinkAccount(left))
        builder.account = None
        builder.refusals.clear()


def _outlives_deletion(builder: PlanBuilder) -> bool:
    waited_for = {refused.reason for refused in builder.refusals.values()}
    return not waited_for.isdisjoint({Reason.LAST_ADMIN, Reason.UNKNOWN_POLICY})


def _comes_back(event: IdentityChanged) -> bool:
    """Say whether a removal would be undone by the same event, so that it need not be refused."""
    return event.active and not isinstance(event.terms.on_create, CreateNothing)
