"""Which rules do command-line options mean? Pure: words in, rules out, or one clear line."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from contracts.rules import (
    RULES,
    ChangePolicy,
    CreateCollaborator,
    DashboardRules,
    MdmRules,
    Portal,
    Role,
    Rules,
)

ON_CREATE = {
    Portal.STORE: ("nothing", "create-employee"),
    Portal.DASHBOARD: ("nothing", "create-collaborator"),
    Portal.MDM: ("nothing", "create-mdm-employee"),
}
ON_DEACTIVATE = {
    Portal.STORE: ("nothing", "remove-employee"),
    Portal.DASHBOARD: ("nothing", "remove-collaborator"),
    Portal.MDM: (
        "nothing",
        "unassign-devices",
        "change-policy",
        "remove-user",
        "remove-user-and-devices",
    ),
}


class InvalidInput(Exception):
    """Something on the command line cannot be; the message is one line that says what can."""


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """The options that describe the rules of a connection, as they were typed. None: left out."""

    on_create: str | None = None
    on_deactivate: str | None = None
    role: str | None = None
    policy: str | None = None
    map_role: Sequence[str] = ()
    no_map_role: bool = False


def rules_from(portal: Portal, options: RuleOptions) -> Rules:
    """Return the rules that the options mean on a portal.

    :raises InvalidInput: when the portal has no such rule, or an option goes with no rule.
    """
    creation, leaving = options.on_create or "nothing", options.on_deactivate or "nothing"
    one_of("--on-create", creation, ON_CREATE[portal])
    one_of("--on-deactivate", leaving, ON_DEACTIVATE[portal])
    creates_collaborator = creation == "create-collaborator"
    changes_policy = leaving == "change-policy"
    if options.role is not None and not creates_collaborator:
        raise InvalidInput("--role goes with --on-create create-collaborator")
    if changes_policy and not options.policy:
        raise InvalidInput("--on-deactivate change-policy needs --policy NAME")
    if options.policy is not None and not changes_policy:
        raise InvalidInput("--policy goes with --on-deactivate change-policy")
    if options.map_role and options.no_map_role:
        raise InvalidInput("--map-role and --no-map-role exclude each other")
    if options.map_role and portal is not Portal.DASHBOARD:
        raise InvalidInput("--map-role goes with the dashboard portal")
    on_create = {"do": creation}
    if creates_collaborator:
        on_create["role"] = role_named(options.role or Role.VIEWER)
    on_deactivate = {"do": leaving}
    if options.policy:
        on_deactivate["policy"] = options.policy
    rules: dict[str, Any] = {
        "portal": portal,
        "on_create": on_create,
        "on_deactivate": on_deactivate,
    }
    if options.map_role:
        rules["role_map"] = [_role_line(text) for text in options.map_role]
    try:
        return RULES.validate_python(rules)
    except ValidationError as error:
        raise InvalidInput(error.errors()[0]["msg"]) from None


def changed(rules: Rules, given: RuleOptions) -> RuleOptions:
    """Return the options of a connection's rules with those given put in their place.

    :raises InvalidInput: when none is given.
    """
    if given == RuleOptions():
        raise InvalidInput("nothing to change: give at least one option (see --help)")
    now = _options_of(rules)
    on_create = given.on_create or now.on_create
    on_deactivate = given.on_deactivate or now.on_deactivate
    return RuleOptions(
        on_create,
        on_deactivate,
        given.role or (now.role if on_create == now.on_create else None),
        given.policy or (now.policy if on_deactivate == now.on_deactivate else None),
        given.map_role or (() if given.no_map_role else now.map_role),
        given.no_map_role,
    )


def described(rules: Rules) -> dict[str, str]:
    """Return the rules in words, for a table."""
    options = _options_of(rules)
    return {
        "on_create": _with_detail(options.on_create, options.role),
        "on_deactivate": _with_detail(options.on_deactivate, options.policy),
        "roles": ", ".join(options.map_role),
    }


def _options_of(rules: Rules) -> RuleOptions:
    role_map = rules.role_map if isinstance(rules, DashboardRules) else ()
    on_create = rules.on_create
    return RuleOptions(
        on_create.do,
        rules.on_deactivate.do,
        on_create.role if isinstance(on_create, CreateCollaborator) else None,
        policy_of(rules),
        tuple(f"{line.name}={line.role}" for line in role_map),
    )


def _with_detail(rule: str | None, detail: str | None) -> str:
    return f"{rule} ({detail})" if detail else f"{rule}"


def policy_of(rules: Rules) -> str | None:
    """Return the policy that the rules name, if they do: it has to exist."""
    match rules:
        case MdmRules(on_deactivate=ChangePolicy(policy=policy)):
            return policy
        case _:
            return None


def portal_named(text: str) -> Portal:
    """Return a portal by its name."""
    one_of("the portal", text.lower(), tuple(Portal))
    return Portal(text.lower())


def role_named(text: str) -> Role:
    """Return a role by its name."""
    one_of("the role", text.lower(), tuple(Role))
    return Role(text.lower())


def _role_line(text: str) -> dict[str, str]:
    name, equals, role = text.rpartition("=")
    if not (equals and name):
        raise InvalidInput("--map-role takes NAME=ROLE")
    return {"name": name, "role": role_named(role)}


def one_of(what: str, text: str, accepted: Sequence[str | StrEnum]) -> None:
    """Check that a word is among those that are accepted."""
    if text not in accepted:
        raise InvalidInput(f"{what} is one of {', '.join(accepted)}, not {text!r}")
