"""How is a plan told to people? Each of its actions becomes an effect, with what differs by it."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from contracts.downstream.preview import EffectKind, PlannedEffect
from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.rules import ChangePolicy, Role
from worker.planning.actions import (
    Action,
    ChangeAccount,
    ChangeDevicePolicy,
    CreateAccount,
    LinkAccount,
    Plan,
    Reason,
    Refused,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
    UnlinkAccount,
    YieldAddress,
)
from worker.planning.facts import Account, Facts, key_of_event
from worker.planning.roles import mapped_role
from worker.planning.working_set import WorkingSet

Shown = Mapping[str, Any]
"""The fields of an account or a device that people see, as values of JSON."""

Told = tuple[EffectKind, Shown | None, Shown | None, str]
"""The kind of an effect, with the fields before and after it, and the word for its cause."""


def effects_of(
    planned: Plan, event: IdentityChanged, working_set: WorkingSet
) -> Iterator[PlannedEffect]:
    """Yield the effects of a plan that the working set has not followed yet."""
    accounts = dict[str, Account]()
    for action in planned.actions:
        key = key_of_event(event)
        match action:
            case ReleaseDevice() | ChangeDevicePolicy() | RemoveDevice():
                told = _told_of_device(action, working_set)
            case _:
                account = action.account
                before = accounts.get(account.id, working_set.accounts.get(account.id))
                holder = working_set.holder_of(account.id)
                if isinstance(action, YieldAddress) and holder is not None:
                    key = holder
                told = _told_of_account(action, event, before, holder and holder.connection)
                accounts[account.id] = account
        yield PlannedEffect(key.connection, key.identity, *told)


def effect_of_refusal(refused: Refused, event: IdentityChanged, facts: Facts) -> PlannedEffect:
    """Return the effect of an action that stays refused."""
    told = {"refused": refused.action.value} | _in_the_way_of(refused, event, facts)
    return PlannedEffect(
        event.connection, event.identity, EffectKind.REFUSE, told, None, refused.reason.value
    )


def _told_of_account(
    action: Action, event: IdentityChanged, before: Account | None, holder: str | None
) -> Told:
    """Return how an action on an account is told.

    :param holder: the connection that holds the account before the plan.
    """
    shown = {} if before is None else _shown(before)
    match action:
        case CreateAccount(account):
            return EffectKind.CREATE, None, _shown(account), _cause_of_role(event, account)
        case RestoreAccount(account):
            return EffectKind.RESTORE, None, _shown(account), _cause_of_role(event, account)
        case ChangeAccount(account):
            is_new_role = before is None or before.role is not account.role
            cause = _cause_of_role(event, account) if is_new_role else "attributes"
            return EffectKind.CHANGE, *_difference(shown, _shown(account)), cause
        case RemoveAccount():
            return EffectKind.REMOVE, shown, None, "deactivation"
        case YieldAddress(account):
            return EffectKind.YIELD, *_difference(shown, _shown(account)), "address"
        case LinkAccount(account):
            found = {"email": account.email, "connection": holder}
            return EffectKind.ADOPT, found, found | {"connection": event.connection}, "address"
        case UnlinkAccount(account):
            held, left = _difference(shown, _shown(account))
            held, left = held | {"connection": event.connection}, left | {"connection": None}
            return EffectKind.UNLINK, held, left, "deletion"
        case _:
            raise AssertionError("the action is on a device")


def _told_of_device(
    action: ReleaseDevice | ChangeDevicePolicy | RemoveDevice, working_set: WorkingSet
) -> Told:
    """Return how an action on a device is told."""
    before = working_set.devices[action.device.id]
    owner = working_set.accounts.get(before.assigned_to or "")
    serial: dict[str, Any] = {"serial": before.serial}
    assigned = serial | {"assigned_to": None if owner is None else owner.email}
    match action:
        case ReleaseDevice():
            after = serial | {"assigned_to": None}
            return EffectKind.RELEASE_DEVICE, assigned, after, "deactivation"
        case ChangeDevicePolicy(device):
            old, new = serial | {"policy": before.policy}, serial | {"policy": device.policy}
            return EffectKind.CHANGE_DEVICE_POLICY, old, new, "deactivation"
        case RemoveDevice():
            removed = assigned | {"policy": before.policy}
            return EffectKind.REMOVE_DEVICE, removed, None, "deactivation"
        case never:
            assert_never(never)


def _shown(account: Account) -> dict[str, Any]:
    return {
        "email": account.email,
        "role": _word(account.role),
        "own_role": _word(account.own_role),
        "groups": list(account.groups),
        "display_name": account.display_name,
        "given_name": account.given_name,
        "family_name": account.family_name,
        "external_id": account.external_id,
    }


def _word(role: Role | None) -> str | None:
    return None if role is None else role.value


def _difference(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that differ, and the e-mail whether it differs or not."""
    names = [name for name in after if name == "email" or before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def _cause_of_role(event: IdentityChanged, account: Account) -> str:
    """Return the word for the cause of an account's role: the line of the mapping, or the rule."""
    mapped = mapped_role(event)
    if isinstance(event.terms, DashboardTerms) and mapped is not None and account.role is mapped:
        names = [line.name for line in event.terms.role_lines if line.role is mapped]
        return f"mapping: {names[0]}"
    return "rule"


def _in_the_way_of(refused: Refused, event: IdentityChanged, facts: Facts) -> dict[str, Any]:
    """Return what stands in the way of an action."""
    account = facts.account
    match refused.reason:
        case Reason.CONFLICT if facts.blocking_email is not None:
            return {"email": facts.blocking_email}
        case Reason.CONFLICT:
            holder = facts.its_holder
            held_by = (
                {}
                if holder is None
                else {"connection": holder.connection, "held_by": holder.identity}
            )
            return {"email": event.profile.email} | held_by
        case Reason.UNKNOWN_POLICY:
            deactivation = event.terms.deactivation
            return {
                "policy": deactivation.policy if isinstance(deactivation, ChangePolicy) else None
            }
        case Reason.LAST_ADMIN | Reason.PROTECTED:
            return {} if account is None else {"email": account.email, "role": _word(account.role)}
        case Reason.NO_EMAIL | Reason.LEFT:
            return {}
        case never:
            assert_never(never)
