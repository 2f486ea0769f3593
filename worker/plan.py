"""What happens downstream when an identity changes? A pure decision: facts and event in, plan out.

Everything an administrator chose is decided here: who gets an account, which role holds, what
happens to the devices of somebody who leaves, and what is refused.
"""

from dataclasses import replace
from typing import assert_never

from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.names import comparison_key
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    CreateNothing,
    DeactivationAction,
    LeaveAlone,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    UnassignDevices,
)
from worker.actions import (
    ChangeAccount,
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
    email_obstacle,
    outdated,
    policy_obstacle,
)
from worker.draft import Draft
from worker.facts import Account, Facts


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
        _assert_attributes(draft)
        if event.deleted:
            _let_go(draft)
    return draft.plan()


# --- coming -------------------------------------------------------------------------------


def _provide_account(draft: Draft) -> None:
    """Make sure that an active identity has its account: linked, restored or created."""
    if draft.live is not None:
        return
    event, namesake = draft.event, draft.namesake
    email = event.profile.email
    if email is None:
        draft.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)
    elif namesake is not None and draft.facts.namesake_holder is not None:
        draft.refuse(RefusedAction.PROVIDE_ACCOUNT, Reason.CONFLICT, _email_obstacle(event, email))
    elif namesake is not None:
        _link(draft, namesake)
    elif not isinstance(event.terms.on_create, CreateNothing):
        _create(draft, email)


def _link(draft: Draft, account: Account) -> None:
    draft.actions.append(LinkAccount(account))
    draft.account = account
    draft.base_role = account.role


def _create(draft: Draft, email: str) -> None:
    """Apply the creation rule; who was removed before comes back on the same account."""
    event = draft.event
    if draft.base_role is None:
        draft.base_role = _role_of_rule(event)
    if draft.account is not None:
        account = replace(draft.account, email=email, removed=False)
        draft.put(RestoreAccount(_with_attributes(draft, account)))
    else:
        account = Account(draft.facts.new_account_id, event.workspace, event.portal, email)
        draft.put(CreateAccount(_with_attributes(draft, account)))


# --- being there --------------------------------------------------------------------------


def _assert_attributes(draft: Draft) -> None:
    """Assert e-mail, names, groups and role on a live account."""
    account = draft.live
    if account is None:
        return
    account = _with_attributes(draft, _with_email(draft, account))
    if account.role is not draft.account.role and _is_last_admin(draft):  # type: ignore[union-attr]
        draft.refuse(
            RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN, admin_obstacle(account.workspace)
        )
        account = replace(account, role=Role.ADMIN)
    if account != draft.account:
        draft.put(ChangeAccount(account))


def _with_email(draft: Draft, account: Account) -> Account:
    email = draft.event.profile.email
    if email is None:
        draft.refuse(RefusedAction.CHANGE_EMAIL, Reason.NO_EMAIL)
        return account
    if comparison_key(email) != account.email_key and draft.namesake is not None:
        obstacle = _email_obstacle(draft.event, email)
        draft.refuse(RefusedAction.CHANGE_EMAIL, Reason.CONFLICT, obstacle)
        return account
    return replace(account, email=email)


def _with_attributes(draft: Draft, account: Account) -> Account:
    profile = draft.event.profile
    return replace(
        account,
        display_name=profile.display_name,
        given_name=profile.given_name,
        family_name=profile.family_name,
        external_id=profile.external_id,
        groups=draft.event.groups,
        role=_wanted_role(draft, account),
    )


def _wanted_role(draft: Draft, account: Account) -> Role | None:
    """Return the role that holds: the highest mapped one, else the rule's, else the one found."""
    terms = draft.event.terms
    if not isinstance(terms, DashboardTerms):
        return None
    mapped = Role.highest(line.role for line in terms.role_lines)
    return mapped or _role_of_rule(draft.event) or draft.base_role or account.role


def _role_of_rule(event: IdentityChanged) -> Role | None:
    match event.terms.on_create:
        case CreateCollaborator(role=role):
            return role
        case CreateNothing() | CreateEmployee() | CreateMdmEmployee():
            return None
        case never:
            assert_never(never)


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
    _assert_attributes(draft)
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
    if _is_last_admin(draft):
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
    if account is not None and not draft.refusals.keys() & _OUTLIVES_DELETION:
        draft.actions.append(UnlinkAccount(account))
        draft.account = None
        draft.refusals.clear()


_OUTLIVES_DELETION = frozenset({RefusedAction.DEACTIVATE, RefusedAction.CHANGE_ROLE})


def _is_last_admin(draft: Draft) -> bool:
    return draft.account is not None and draft.account.is_admin and draft.admins <= 1


def _comes_back(event: IdentityChanged) -> bool:
    """Say whether a removal would be undone by the same event, so that it need not be refused."""
    return event.active and not isinstance(event.terms.on_create, CreateNothing)


def _email_obstacle(event: IdentityChanged, email: str) -> str:
    return email_obstacle(event.workspace, event.portal, email)
