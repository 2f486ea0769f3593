"""Which choices make up rules? A change merges given choices into the present ones. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import NothingToChange
from contracts.rules import ChangePolicy, CreateCollaborator, DashboardRules, MdmRules, Rules


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A name and the role that it maps to, as an administrator gave them."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """The id of a group and the role that it maps to, as an administrator gave them."""

    group: str
    role: str


@dataclass(frozen=True, slots=True)
class RuleChoices:
    """The choices that make up rules, as an administrator gave them; None is a choice left out.

    An empty ``role_map`` or ``group_map`` removes every line of the old one.
    """

    on_create: str | None = None
    on_deactivate: str | None = None
    role: str | None = None
    policy: str | None = None
    role_map: Sequence[RoleChoice] | None = None
    group_map: Sequence[GroupChoice] | None = None


@dataclass(frozen=True, slots=True)
class DescribedRules:
    """Rules in words, as columns of a table show them."""

    on_create: str
    on_deactivate: str
    roles: str


def merged(rules: Rules, given: RuleChoices) -> RuleChoices:
    """Return the choices of a connection's rules, replaced by those given.

    A changed creation or deactivation drops the role or the policy of the old one.

    :raises NothingToChange: when no choice is given.
    """
    if given == RuleChoices():
        raise NothingToChange
    now = choices_of(rules)
    on_create = given.on_create or now.on_create
    on_deactivate = given.on_deactivate or now.on_deactivate
    return RuleChoices(
        on_create,
        on_deactivate,
        given.role or (now.role if on_create == now.on_create else None),
        given.policy or (now.policy if on_deactivate == now.on_deactivate else None),
        now.role_map if given.role_map is None else given.role_map,
        now.group_map if given.group_map is None else given.group_map,
    )


def described(rules: Rules) -> DescribedRules:
    """Return rules in words, for a table."""
    choices = choices_of(rules)
    lines = [f"{line.name}={line.role}" for line in choices.role_map or ()]
    lines += [f"group {line.group}={line.role}" for line in choices.group_map or ()]
    return DescribedRules(
        _with_detail(choices.on_create, choices.role),
        _with_detail(choices.on_deactivate, choices.policy),
        ", ".join(lines),
    )


def choices_of(rules: Rules) -> RuleChoices:
    """Return the choices that make up some rules."""
    role_map = rules.role_map if isinstance(rules, DashboardRules) else ()
    group_map = rules.group_map if isinstance(rules, DashboardRules) else ()
    on_create = rules.on_create
    return RuleChoices(
        on_create.do,
        rules.on_deactivate.do,
        on_create.role if isinstance(on_create, CreateCollaborator) else None,
        policy_of(rules),
        tuple(RoleChoice(line.name, line.role) for line in role_map),
        tuple(GroupChoice(line.group, line.role) for line in group_map),
    )


def policy_of(rules: Rules) -> str | None:
    """Return the policy that the rules name, which has to exist; None where they name none."""
    match rules:
        case MdmRules(on_deactivate=ChangePolicy(policy=policy)):
            return policy
        case _:
            return None


def _with_detail(rule: str | None, detail: str | None) -> str:
    return f"{rule} ({detail})" if detail else f"{rule}"
