"""How do options of the command line become choices of rules? No choice is judged here."""

from collections.abc import Sequence

from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from deploy.commands.invalid_input import InvalidInput


def choices_of(
    on_create: str | None = None,
    on_deactivate: str | None = None,
    role: str | None = None,
    policy: str | None = None,
    map_role: Sequence[str] | None = None,
    map_group: Sequence[str] | None = None,
    *,
    no_map_role: bool = False,
) -> RuleChoices:
    """Return the choices of rules that the options make.

    :raises InvalidInput: when two options exclude each other.
    """
    if map_role and no_map_role:
        raise InvalidInput("--map-role and --no-map-role exclude each other")
    if map_group and no_map_role:
        raise InvalidInput("--map-group and --no-map-role exclude each other")
    lines = [_line(text) for text in map_role or ()]
    role_map = lines if lines or no_map_role else None
    group_lines = [GroupChoice(it.name, it.role) for it in map(_line, map_group or ())]
    group_map = group_lines if group_lines or no_map_role else None
    creation, leaving, of_role = map(_word, (on_create, on_deactivate, role))
    return RuleChoices(creation, leaving, of_role, policy, role_map, group_map)


def _word(choice: str | None) -> str | None:
    """Return a choice as a mere text, as which an error can quote it."""
    return None if choice is None else str(choice)


def _line(text: str) -> RoleChoice:
    """Split NAME=ROLE at the last =, because names may hold =. Without any, the name is empty."""
    name, _, role = text.rpartition("=")
    return RoleChoice(name, role)
