"""Why has a person this role? A mapping goes before the rule, and the rule before a hand. Pure."""

from collections.abc import Sequence
from typing import Any

from api.admin.why.account import CHANGE_ROLE, DEACTIVATE, account_answer, release
from api.admin.why.answers import Answer, Aspect, Do, Steps
from api.admin.why.facts import PersonFacts, rule_of_hold, told, word_of_hold
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.preview import EffectKind
from contracts.names import name_key
from contracts.rules import DashboardRules, Role, RoleLine

OTHERS = {Role.VIEWER: Role.EDITOR, Role.EDITOR: Role.VIEWER, Role.ADMIN: Role.EDITOR}
"""The role that is tried in place of another."""


def role_answer(facts: PersonFacts) -> Answer:
    """Return why a person has the role, which is None without an account."""
    account = facts.account
    if account is None:
        none = account_answer(facts)
        return Answer(Aspect.ROLE, None, none.because, f"no account: {none.rule}", none.change)
    rule, change = _decided(facts, account)
    value = None if account.role is None else account.role.value
    because = told(_facts_of(facts, account))
    return Answer(Aspect.ROLE, value, because, rule, facts.finished(change))


def _facts_of(facts: PersonFacts, account: ListedAccount) -> dict[str, Any]:
    rules = facts.connection.rules
    highest = rules.highest_role if isinstance(rules, DashboardRules) else None
    return {
        "state": facts.standing.state.value,
        "mapped": [f"{line.name}={line.role.value}" for line in _by_precedence(facts.lines)],
        "role_of_rule": facts.role_of_rule and facts.role_of_rule.value,
        "own_role": account.own_role and account.own_role.value,
        "made_by": account.made_by,
        "released": account.released,
        "highest_of_connection": highest and highest.value,
        "admins": "no other" if facts.is_last_admin else None,
        "leaving": word_of_hold(facts.kept_back),
        "loss_of_admin": word_of_hold(facts.kept_admin),
    }


def _decided(facts: PersonFacts, account: ListedAccount) -> tuple[str, Steps]:
    """Return the rule that decides, and the steps that would give another role."""
    if facts.kept_back is not None:
        return rule_of_hold(facts.kept_back), facts.to_let_go
    if facts.kept_admin is not None:
        return rule_of_hold(facts.kept_admin), (*facts.to_another_admin, *facts.step(Do.APPROVE))
    if facts.is_coming({EffectKind.CHANGE}, "role"):
        return facts.waits_for, facts.to_apply
    if facts.refusal(CHANGE_ROLE, "protected"):
        return "refusal: protected", (*facts.to_another_admin, *release(facts))
    if facts.refusal(CHANGE_ROLE, "last_admin") or facts.refusal(DEACTIVATE, "last_admin"):
        return "refusal: last_admin", facts.in_workspace(Do.ADD_ADMIN)
    lines = _by_precedence(facts.lines)
    if lines:
        return f"mapping: {lines[0].name}={lines[0].role.value}", _unmapped(facts, account, lines)
    rule = "kept from before" if facts.role_of_rule is None else "creation rule"
    if account.role is not None and facts.role_of_rule is not None:
        rule = f"creation: role {facts.role_of_rule.value}"
    return rule, _another(facts, account)


def _by_precedence(lines: Sequence[RoleLine]) -> Sequence[RoleLine]:
    """Return lines of a mapping, the winning one first."""
    return sorted(lines, key=lambda line: -line.role.precedence)


def _unmapped(facts: PersonFacts, account: ListedAccount, lines: Sequence[RoleLine]) -> Steps:
    """Return how a mapped role ends: without the names that give it, or by another mapping."""
    winning = {name_key(line.name) for line in lines if line.role is lines[0].role}
    others = Role.highest(line.role for line in lines if name_key(line.name) not in winning)
    if (others or facts.role_of_rule or account.own_role) is not account.role:
        groups = [name for name in facts.groups if name_key(name) in winning]
        roles = [name for name in facts.state.role_names if name_key(name) in winning]
        names = {"groups": groups, "roles": roles}
        steps = facts.step(Do.LEAVE_GROUPS, **{k: v for k, v in names.items() if v})
        return (*_before(facts, account, facts.connection.rules), *steps)
    return _mapped_otherwise(facts, account, winning)


def _mapped_otherwise(facts: PersonFacts, account: ListedAccount, winning: set[str]) -> Steps:
    """Return a change of the lines that give a person the role."""
    rules, role = facts.connection.rules, account.role
    assert isinstance(rules, DashboardRules), "only its portal has roles"
    other = Role.ADMIN if role is Role.EDITOR else Role.EDITOR
    role_map = tuple(
        line.model_copy(update={"role": other}) if name_key(line.name) in winning else line
        for line in rules.role_map
    )
    group_map = tuple(
        line.model_copy(update={"role": other}) if name_key(line.name or "") in winning else line
        for line in rules.group_map
    )
    changed = rules.model_copy(update={"role_map": role_map, "group_map": group_map})
    written = {"role_map": [f"{line.name}={line.role.value}" for line in role_map]}
    written["group_map"] = [f"{line.group}={line.role.value}" for line in group_map]
    steps = facts.on_connection(Do.CHANGE_RULES, **{k: v for k, v in written.items() if v})
    return (*_before(facts, account, changed), *steps)


def _another(facts: PersonFacts, account: ListedAccount) -> Steps:
    """Return how a person to whom no name gives a role gets another one."""
    rules = facts.connection.rules
    assert isinstance(rules, DashboardRules), "only its portal has roles"
    lines = [(line.name, line.role) for line in rules.role_map]
    lines += [(line.name, line.role) for line in rules.group_map if line.name is not None]
    for name, role_of_line in lines:
        if role_of_line is not account.role:
            join = facts.step(Do.JOIN_GROUP, group=name)
            return (*_before(facts, account, rules), *join)
    role = OTHERS.get(account.role or Role.EDITOR, Role.VIEWER)
    creation = {"do": "create-collaborator", "role": role}
    changed = DashboardRules.model_validate(rules.model_dump() | {"on_create": creation})
    to = {"role": role.value}
    if facts.role_of_rule is None:
        to = {"on_create": "create-collaborator"} | to
    return (*_before(facts, account, changed), *facts.on_connection(Do.CHANGE_RULES, **to))


def _before(facts: PersonFacts, account: ListedAccount, rules: Any) -> Steps:
    """Return the steps without which another role would be refused under some rules.

    An account of another maker with an own role above the highest of the connection is protected.
    """
    highest = rules.highest_role.precedence if rules.highest_role is not None else 0
    own = 0 if account.own_role is None else account.own_role.precedence
    is_responsible = account.released or account.made_by == facts.connection.id
    protected = () if is_responsible or own <= highest else release(facts)
    return (*facts.to_another_admin, *protected)
