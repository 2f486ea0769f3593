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
    admin_obstacle,
    outdated,
    policy_obstacle,
)
from worker.planning.assert_attributes import assert_attributes, keeps_admin, with_attributes
from worker.planning.facts import Account, Facts
from worker.planning.plan_builder import Draft
from worker.planning.roles import left_behind, mapped_role, role_of_rule


def plan(facts: Facts, event: IdentityChanged) -> Plan:
    """Plan an event that arrived; one that is not newer than the applied version is dropped."""
    outcome = outdated(event.version, facts.record.applied_version)
    return replan(facts, event) if outcome is None else Plan(outcome, facts.record)


def replan(facts: Facts, event: IdentityChanged) -> Plan:
    """Plan the newest event again, because an obstacle may be gone."""
    draft = Draft(facts, event)
    if event.ever_active:
        if event.terms.deactivated_at > facts.record.deactivated_at:
            _come_and_go(draft)
        if event.active:
            _provide_account(draft)
        assert_attributes(draft)
        if event.deleted:
            _let_go(draft)
    return draft.plan()


# --- coming -------------------------------------------------------------------------------


def _provide_account(draft: Draft) -> None:
    """Make sure that an active identity has its account: linked, restored or created."""
    if draft.live is not None:
        return
    if draft.has_left_unknown:
        draft.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.LEFT)
        return
    event, namesake = draft.event, draft.namesake
    email = event.profile.email
    if email is None:
        draft.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)
    elif namesake is not None and draft.facts.namesake_holder is not None and draft.let_yield():
        _provide_account(draft)
    elif namesake is not None and draft.facts.namesake_holder is not None:
        obstacle = draft.email_obstacle(email)
        draft.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.CONFLICT, obstacle)
    elif namesake is not None:
        _link(draft, namesake)
    elif not isinstance(event.terms.on_create, CreateNothing):
        _create(draft, email)


def _link(draft: Draft, account: Account) -> None:
    draft.actions.append(LinkAccount(account))
    draft.account = account


def _create(draft: Draft, email: str) -> None:
    """Apply the creation rule; who was removed before comes back on the same account.

    It comes back as the rule would make it today, whoever had made it: the address is that of now,
    and a role given by hand was not meant for it.
    """
    event, removed = draft.event, draft.account
    account = removed or Account(draft.facts.new_account_id, event.workspace, event.portal, email)
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
    draft.put(CreateAccount(made) if removed is None else RestoreAccount(made))


# --- leaving ------------------------------------------------------------------------------


def _come_and_go(draft: Draft) -> None:
    """Apply a deactivation that has not been applied yet, even to somebody back by now.

    Events in between may have been lost or folded into this one, so the identity is planned as
    it was when it last was active first. Whatever could not be had then needs no refusal now.
    """
    if _lost_to_a_successor(draft):
        draft.deactivated_at = draft.event.terms.deactivated_at
        return
    if draft.account is None or draft.namesake is not None:
        _provide_account(draft)
    assert_attributes(draft)
    draft.refusals.clear()
    if draft.live is None or _deactivate(draft, draft.event.terms.deactivation):
        draft.deactivated_at = draft.event.terms.deactivated_at


def _lost_to_a_successor(draft: Draft) -> bool:
    """Say whether somebody took the account over from a deleted identity while it waited.

    It must not look for another one then: two deleted ones would take it from each other forever.
    """
    return draft.facts.record.deleted and draft.account is None


def _deactivate(draft: Draft, action: DeactivationAction) -> bool:
    """Do what the rules named when the person left; False where that is refused."""
    match action:
        case LeaveAlone():
            return True
        case RemoveEmployee() | RemoveCollaborator():
            return _remove_account(draft)
        case UnassignDevices():
            _release_devices(draft)
            return True
        case ChangePolicy(policy=policy):
            return _change_policy(draft, policy)
        case RemoveUser():
            _release_devices(draft)
            return _remove_account(draft)
        case RemoveUserAndDevices():
            _remove_devices(draft)
            return _remove_account(draft)
        case never:
            assert_never(never)


def _remove_account(draft: Draft) -> bool:
    account = draft.live
    if account is None:
        return True
    if draft.is_last_admin:
        if _comes_back(draft.event):
            return True
        draft.refuse(RefusedAction.DEACTIVATE, Reason.LAST_ADMIN, admin_obstacle(account.workspace))
        return False
    draft.put(RemoveAccount(account.without_email()))
    return True


def _release_devices(draft: Draft) -> None:
    for device in draft.assigned_devices():
        released = replace(device, assigned_to=None)
        draft.act_on(device, DeviceActionKind.RELEASE, ReleaseDevice(released))


def _remove_devices(draft: Draft) -> None:
    for device in draft.assigned_devices():
        removed = replace(device, assigned_to=None, removed=True)
        draft.act_on(device, DeviceActionKind.REMOVE, RemoveDevice(removed))


def _change_policy(draft: Draft, policy: str) -> bool:
    if policy not in draft.facts.policies:
        obstacle = policy_obstacle(draft.event.workspace, policy)
        draft.refuse(RefusedAction.DEACTIVATE, Reason.UNKNOWN_POLICY, obstacle)
        return False
    for device in draft.assigned_devices():
        changed = replace(device, policy=policy)
        draft.act_on(device, DeviceActionKind.CHANGE_POLICY, ChangeDevicePolicy(changed))
    return True


def _let_go(draft: Draft) -> None:
    """Unlink what a deleted identity leaves behind, unless a refused action still waits.

    An Admin who stays only for want of another is downgraded or removed later. Any other refusal
    is not the identity's business any more.
    """
    account = draft.live
    if account is None or _outlives_deletion(draft):
        return
    left = left_behind(account, draft.event)
    if not keeps_admin(draft, left.role):
        draft.put(UnlinkAccount(left))
        draft.account = None
        draft.refusals.clear()


def _outlives_deletion(draft: Draft) -> bool:
    waited_for = {refused.reason for refused in draft.refusals.values()}
    return not waited_for.isdisjoint({Reason.LAST_ADMIN, Reason.UNKNOWN_POLICY})


def _comes_back(event: IdentityChanged) -> bool:
    """Say whether a removal would be undone by the same event, so that it need not be refused."""
    return event.active and not isinstance(event.terms.on_create, CreateNothing)
