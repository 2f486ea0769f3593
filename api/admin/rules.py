"""Which rules do an administrator's choices make? They are checked against the portal. Pure."""

from dataclasses import fields
from typing import Any

from pydantic import ValidationError

from api.admin.named_values import role_named
from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from api.errors import UnusableRules
from contracts.portals import PORTALS
from contracts.quotations import quoted_word
from contracts.rules import RULES, Portal, Role, Rules

CHOICES = frozenset(each.name for each in fields(RuleChoices))

DO_NOTHING = "nothing"
"""The rule for a choice that was left out."""


def rules_from(portal: Portal, choices: RuleChoices) -> Rules:
    """Return the rules that choices make on a portal.

    :raises UnusableRules: when the portal has no such rule, or a choice goes with no rule.
    :raises NotOneOf: when there is no such role.
    """
    creation, leaving = choices.on_create or DO_NOTHING, choices.on_deactivate or DO_NOTHING
    _check(portal, creation, leaving, choices)
    on_create = {"do": creation}
    if creation == "create-collaborator":
        on_create["role"] = role_named(choices.role or Role.VIEWER)
    on_deactivate = {"do": leaving}
    if choices.policy:
        on_deactivate["policy"] = choices.policy
    rules: dict[str, Any] = {
        "portal": portal,
        "on_create": on_create,
        "on_deactivate": on_deactivate,
    }
    if choices.role_map:
        rules["role_map"] = [_line(choice) for choice in choices.role_map]
    if choices.group_map:
        rules["group_map"] = [_group_line(choice) for choice in choices.group_map]
    try:
        return RULES.validate_python(rules)
    except ValidationError as error:
        found = error.errors()[0]
        choices_named = [str(it) for it in found["loc"] if it in CHOICES]
        field = choices_named[-1] if choices_named else None
        raise UnusableRules("{problem}", field, problem=found["msg"]) from None


def _check(portal: Portal, creation: str, leaving: str, choices: RuleChoices) -> None:
    """Check that the portal has these rules, and that each choice goes with one of them."""
    features = PORTALS[portal]
    _check_among("on_create", creation, features.creations)
    _check_among("on_deactivate", leaving, features.deactivations)
    changes_policy = leaving == "change-policy"
    if choices.role is not None and creation != "create-collaborator":
        reason = "{names.role} goes with {names.on_create} create-collaborator"
        raise UnusableRules(reason, "role")
    if changes_policy and not choices.policy:
        reason = "{names.on_deactivate} change-policy needs {names.a_policy}"
        raise UnusableRules(reason, "policy")
    if choices.policy is not None and not changes_policy:
        reason = "{names.policy} goes with {names.on_deactivate} change-policy"
        raise UnusableRules(reason, "policy")
    if choices.role_map and not features.has_roles:
        raise UnusableRules("{names.role_map} goes with the dashboard portal", "role_map")
    if choices.group_map and not features.has_roles:
        raise UnusableRules("{names.group_map} goes with the dashboard portal", "group_map")


def _check_among(choice: str, given: str, accepted: tuple[str, ...]) -> None:
    if given not in accepted:
        reason = f"{{names.{choice}}} is one of {{accepted}}, not {{given}}"
        raise UnusableRules(reason, choice, accepted=", ".join(accepted), given=quoted_word(given))


def _line(choice: RoleChoice) -> dict[str, str]:
    if not choice.name:
        raise UnusableRules("{names.role_map} takes {names.a_line}", "role_map")
    return {"name": choice.name, "role": role_named(choice.role)}


def _group_line(choice: GroupChoice) -> dict[str, str]:
    if not choice.group:
        raise UnusableRules("{names.group_map} takes {names.a_group_line}", "group_map")
    return {"group": choice.group, "role": role_named(choice.role)}
