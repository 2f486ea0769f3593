"""What happens downstream when an identity changes? A pure function turns facts into a plan.

The administrator's rules are carried out here: which identity gets an account, which role holds,
how the devices of a leaver are treated, and which actions are refused.
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
from worker.planning.assert_attributes import (
    assert_attributes,
    refuse_losing_last_admin,
)
from worker.planning.facts import Account, Facts
from worker.planning.obstacles import admin_obstacle, policy_obstacle
from worker.planning.plan_builder import PlanBuilder
from worker.planning.roles import mapped_role, role_of_rule, without_holder


def plan(facts: Facts, event: IdentityChanged) -> Plan:
    """Plan an event that arrived; drop it where it is not newer than the applied version."""
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


# --- activation ---------------------------------------------------------------------------


def _provide_account(builder: PlanBuilder) -> None:
    """Link, restore or create the account of an active identity that has none."""
    if builder.live is not None:
        return
    if builder.is_unknown_leaver:
        builder.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.LEFT)
        return
    event, other = builder.event, builder.other_account
    email = event.profile.email
    if email is None:
        builder.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)
    elif other is not None and builder.facts.its_holder is not None and builder.let_other_yield():
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
    """Apply the creation rule; a removed account of the identity is restored.

    A restored account is like a new one of this connection, with today's address and the role of
    today's rule: a role given by hand before the removal does not come back.
    """
    event, removed = builder.event, builder.account
    made = Account(
        builder.facts.new_account_id if removed is None else removed.id,
        event.workspace,
        event.portal,
        email,
        display_name=event.profile.display_name,
        given_name=event.profile.given_name,
        family_name=event.profile.family_name,
        external_id=event.profile.external_id,
        role=mapped_role(event) or role_of_rule(event),
        groups=event.groups,
        own_role=role_of_rule(event),
        made_by=event.connection,
    )
    builder.put(CreateAccount(made) if removed is None else RestoreAccount(made))


# --- deactivation and deletion ------------------------------------------------------------


def _apply_missed_deactivation(builder: PlanBuilder) -> None:
    """Apply a deactivation that was missed, even if the identity is active again.

    Earlier events may have been lost or folded into this one, so that the identity is first planned
    as it was while active. Refusals of that step are dropped.
    """
    if _was_taken_over(builder):
        builder.deactivated_at = builder.event.terms.deactivated_at
        return
    if builder.account is None or builder.other_account is not None:
        _provide_account(builder)
    assert_attributes(builder)
    builder.refusals.clear()
    if builder.live is None or _deactivate(builder, builder.event.terms.deactivation):
        builder.deactivated_at = builder.event.terms.deactivated_at


def _was_taken_over(builder: PlanBuilder) -> bool:
    """Return whether another identity took the account over while the deletion was refused.

    The deleted identity must not link another account then: two deleted identities would take one
    account from each other for ever.
    """
    return builder.facts.record.deleted and builder.account is None


def _deactivate(builder: PlanBuilder, action: DeactivationAction) -> bool:
    """Take the action that the rules named at the deactivation; return False if it is refused."""
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
        if _is_restored_at_once(builder.event):
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
    """Unlink the account of a deleted identity, unless a refused action keeps the link.

    The link stays for the last Admin, who is downgraded or removed later, and for a deactivation
    that waits for its policy. All other refusals are dropped with the link.
    """
    account = builder.live
    if account is None or _outlives_deletion(builder):
        return
    unlinked = without_holder(account, builder.event)
    if not refuse_losing_last_admin(builder, unlinked.role):
        builder.put(UnlinkAccount(unlinked))
        builder.account = None
        builder.refusals.clear()


def _outlives_deletion(builder: PlanBuilder) -> bool:
    """Return whether a refusal keeps the link of a deleted identity."""
    reasons = {refused.reason for refused in builder.refusals.values()}
    return not reasons.isdisjoint({Reason.LAST_ADMIN, Reason.UNKNOWN_POLICY})


def _is_restored_at_once(event: IdentityChanged) -> bool:
    """Return whether the same event would undo a removal, which then needs no refusal."""
    return event.active and not isinstance(event.terms.on_create, CreateNothing)
