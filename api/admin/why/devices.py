"""Why has a person these devices, or none? Rules take them away, administrators give them. Pure."""

from typing import Any

from api.admin.why.account import DEACTIVATE, account_answer
from api.admin.why.answers import Answer, Aspect, Do, Steps
from api.admin.why.facts import (
    ON_DEVICES,
    PersonFacts,
    rule_of_hold,
    told,
    word,
    word_of_hold,
)
from contracts.downstream.histories import DeviceActionTaken
from contracts.rules import ChangePolicy, DeactivationAction, LeaveAlone

CHANGED, REMOVED = "change-policy", "remove"
"""Kinds of device actions."""


def devices_answer(facts: PersonFacts) -> Answer:
    """Return why a person has the devices. The value has serial number and policy of each."""
    value = [{"serial": it.serial, "policy": it.policy} for it in facts.devices]
    rule, change = _decided(facts)
    return Answer(Aspect.DEVICES, value, told(_facts_of(facts)), rule, facts.finished(change))


def _facts_of(facts: PersonFacts) -> dict[str, Any]:
    newest = facts.newest
    return {
        "state": facts.standing.state.value,
        "active": newest.active,
        "account": facts.account and facts.account.email,
        "leaving": word_of_hold(facts.kept_back),
        "deactivated_at": newest.deactivated_at or None,
        "deactivation": word(newest.deactivation) if newest.deactivated_at else None,
        "on_deactivate": word(facts.connection.rules.on_deactivate),
        "taken": [{"serial": it.serial, "action": it.action} for it in _taken(facts)] or None,
    }


def _taken(facts: PersonFacts) -> list[DeviceActionTaken]:
    """Return the device actions of the last deactivation."""
    return [it for it in facts.taken if it.deactivated_at == facts.state.deactivated_at]


def _decided(facts: PersonFacts) -> tuple[str, Steps]:
    """Return the rule that decides, and the steps that would alter the devices."""
    state, taken = facts.state, _taken(facts)
    by_hand = _by_hand(facts)
    if facts.kept_back is not None and facts.devices:
        action = facts.newest.deactivation
        approve = (*facts.to_know(action), *facts.step(Do.APPROVE))
        return rule_of_hold(facts.kept_back), approve if _acts(action) else by_hand
    if facts.is_coming(ON_DEVICES):
        return facts.waits_for, facts.to_apply
    if not facts.devices:
        return _why_none(facts, taken)
    changed = {it.serial for it in taken if it.action == CHANGED}
    if facts.refusal(DEACTIVATE, "unknown_policy") and isinstance(state.deactivation, ChangePolicy):
        policy = state.deactivation.policy
        return "refusal: unknown_policy", facts.in_workspace(Do.ADD_POLICY, policy=policy)
    if changed.intersection(it.serial for it in facts.devices):
        return facts.rule_of_leaving, by_hand
    if state.ever_active and not state.active:
        return facts.rule_of_leaving, by_hand
    leave = facts.step(Do.DEACTIVATE) if facts.takes_devices else by_hand
    return "no deactivation", leave


def _by_hand(facts: PersonFacts) -> Steps:
    """Return how a person loses a device by hand, given that there is one."""
    serial = next((it.serial for it in facts.devices), None)
    return facts.in_workspace(Do.UNASSIGN_DEVICE, serial=serial)


def _acts(action: DeactivationAction | None) -> bool:
    """Return whether a deactivation does something to devices."""
    return not isinstance(action, LeaveAlone | None)


def _why_none(facts: PersonFacts, taken: list[DeviceActionTaken]) -> tuple[str, Steps]:
    account = facts.account
    first: Steps = () if account is not None else account_answer(facts).change
    email = None if account is None else account.email
    if taken:
        do = Do.ADD_DEVICE if taken[0].action == REMOVED else Do.ASSIGN_DEVICE
        assign = facts.in_workspace(do, serial=taken[0].serial, email=email)
        return facts.rule_of_leaving, (*first, *assign)
    assign = facts.in_workspace(Do.ASSIGN_DEVICE, serial=None, email=email)
    rule = "no account" if account is None else "none is assigned"
    return rule, (*first, *assign)
