"""Which rules do command-line options mean? Pure: words in, rules out, or one clear line."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from contracts.rules import RULES, ChangePolicy, MdmRules, Portal, Role, Rules

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
    """The options that describe the rules of a connection, as they were typed."""

    on_create: str = "nothing"
    on_deactivate: str = "nothing"
    role: str | None = None
    policy: str | None = None
    map_role: Sequence[str] = ()


def rules_from(portal: Portal, options: RuleOptions) -> Rules:
    """Return the rules that the options mean on a portal.

    :raises InvalidInput: when the portal has no such rule, or an option goes with no rule.
    """
    _one_of("--on-create", options.on_create, ON_CREATE[portal])
    _one_of("--on-deactivate", options.on_deactivate, ON_DEACTIVATE[portal])
    creates_collaborator = options.on_create == "create-collaborator"
    changes_policy = options.on_deactivate == "change-policy"
    if options.role is not None and not creates_collaborator:
        raise InvalidInput("--role goes with --on-create create-collaborator")
    if changes_policy and not options.policy:
        raise InvalidInput("--on-deactivate change-policy needs --policy NAME")
    if options.policy is not None and not changes_policy:
        raise InvalidInput("--policy goes with --on-deactivate change-policy")
    if options.map_role and portal is not Portal.DASHBOARD:
        raise InvalidInput("--map-role goes with the dashboard portal")
    on_create = {"do": options.on_create}
    if creates_collaborator:
        on_create["role"] = role_named(options.role or Role.VIEWER)
    on_deactivate = {"do": options.on_deactivate}
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


def policy_of(rules: Rules) -> str | None:
    """Return the policy that the rules name, if they do: it has to exist."""
    match rules:
        case MdmRules(on_deactivate=ChangePolicy(policy=policy)):
            return policy
        case _:
            return None


def portal_named(text: str) -> Portal:
    """Return a portal by its name."""
    _one_of("the portal", text, tuple(Portal))
    return Portal(text)


def role_named(text: str) -> Role:
    """Return a role by its name."""
    _one_of("the role", text, tuple(Role))
    return Role(text)


def _role_line(text: str) -> dict[str, str]:
    name, equals, role = text.rpartition("=")
    if not (equals and name):
        raise InvalidInput("--map-role takes NAME=ROLE")
    return {"name": name, "role": role_named(role)}


def _one_of(what: str, text: str, accepted: Sequence[str | StrEnum]) -> None:
    if text not in accepted:
        raise InvalidInput(f"{what} is one of {', '.join(accepted)}, not {text!r}")
