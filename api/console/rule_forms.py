"""How do rules look on a form, and what was chosen there? Short mappings are rows, long ones text.

``templates/rules_fields.html`` draws the form. A mapping that would make the page too large, or
that no field of a browser can hold, is left as it is: it is changed over the admin API.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape

from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from api.admin.seen_names import SeenGroup
from api.console.forms import Form
from api.console.rule_options import (
    CREATIONS,
    DEACTIVATIONS,
    Option,
    creation_named,
    deactivation_named,
)
from api.errors import ApiError, RuleNames, UnusableRules
from contracts.portals import PORTALS
from contracts.rules import Portal, Role

MOST_ROWS = 40
"""Lines of a mapping that have a row each. More are easier to edit as text."""

LARGEST_TEXT = 15_000
"""Bytes of a mapping as text in a page, of which there may be two. No page is over 100 KB."""

MORE = "more_lines"
"""The button that asks for the same form with more empty rows."""

NAMES = RuleNames(
    on_create="the creation",
    on_deactivate="the deactivation",
    role="the role",
    policy="the policy",
    role_map="the mapping of names",
    group_map="the mapping of groups",
    a_policy="a policy: select one",
    a_line="a name, a sign = and a role in each line",
    a_group_line="a group and a role in each line",
)
"""The names of the choices in errors."""


class Shape(StrEnum):
    """How a mapping is on a form. ``KEPT`` is not on it, and does not change."""

    ROWS = "rows"
    TEXT = "text"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a mapping: a name or the id of a group, and its role."""

    pairs: Sequence[tuple[str, str]] = ()

    @property
    def shape(self) -> Shape:
        """Return how the mapping is on a form."""
        if not self._is_text:
            return Shape.KEPT
        return Shape.ROWS if len(self.pairs) <= MOST_ROWS else Shape.TEXT

    @property
    def shape_hidden(self) -> Shape:
        """Return how the mapping is on a form that only carries it along."""
        return Shape.TEXT if self._is_text else Shape.KEPT

    @property
    def text(self) -> str:
        """Return a line of text for each line."""
        return "\n".join(f"{what} = {role}" for what, role in self.pairs)

    @property
    def is_too_long(self) -> bool:
        """Return whether the mapping would make a page too large."""
        return len(escape(self.text).encode()) > LARGEST_TEXT

    @property
    def _is_text(self) -> bool:
        return all(_is_in_a_line(what) for what, _ in self.pairs) and not self.is_too_long


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that can be mapped by their ids: some to choose from, and names of mapped ones."""

    offered: Sequence[SeenGroup] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class RulesForm:
    """The form of rules, with the choices made."""

    portal: Portal
    chosen: RuleChoices

    @property
    def creations(self) -> Sequence[Option]:
        """Return the options for a user who is created."""
        return CREATIONS[self.portal]

    @property
    def deactivations(self) -> Sequence[Option]:
        """Return the options for a user who is deactivated."""
        return DEACTIVATIONS[self.portal]

    @property
    def creation(self) -> Option:
        """Return the creation that is chosen."""
        return creation_named(self.portal, self.chosen.on_create)

    @property
    def deactivation(self) -> Option:
        """Return the deactivation that is chosen."""
        return deactivation_named(self.portal, self.chosen.on_deactivate)

    @property
    def roles(self) -> Sequence[Role]:
        """Return the roles that collaborators can have, the highest first; none elsewhere."""
        return tuple(Role) if PORTALS[self.portal].has_roles else ()

    @property
    def names(self) -> Lines:
        """Return the mapping of names."""
        return Lines([(line.name, line.role) for line in self.chosen.role_map or ()])

    @property
    def groups(self) -> Lines:
        """Return the mapping of groups by their ids."""
        return Lines([(line.group, line.role) for line in self.chosen.group_map or ()])


def rules_form(portal: str, chosen: RuleChoices) -> RulesForm:
    """Return the form of rules, for templates."""
    return RulesForm(Portal(portal), chosen)


def choices_in(form: Form, portal: Portal) -> RuleChoices:
    """Return the choices that a form of rules makes, unjudged; a mapping that is kept is None.

    :raises UnusableRules: when a mapping is too long to be carried from page to page.
    """
    creation, leaving = form.text("on_create"), form.text("on_deactivate")
    names, groups = _pairs_in(form, "name"), _pairs_in(form, "group")
    has_roles = PORTALS[portal].has_roles
    _check_length(names, "role_map")
    _check_length(groups, "group_map")
    return RuleChoices(
        creation or None,
        leaving or None,
        (form.text("role") or None) if creation == "create-collaborator" else None,
        (form.text("policy") or None) if leaving == "change-policy" else None,
        [RoleChoice(*it) for it in names] if has_roles and names is not None else None,
        [GroupChoice(*it) for it in groups] if has_roles and groups is not None else None,
    )


def told_of(error: ApiError) -> str:
    """Return the text of an error in the words of the form of rules."""
    return error.told_with(NAMES) if isinstance(error, UnusableRules) else str(error)


def _pairs_in(form: Form, of: str) -> Sequence[tuple[str, str]] | None:
    """Return the lines of a mapping on a form; None where it is not on it.

    :param of: ``name`` or ``group``, with which the names of its fields begin.
    """
    match form.text(f"{of}_lines"):
        case Shape.ROWS:
            rows = zip(form.texts(f"{of}_line"), form.texts(f"{of}_role"), strict=False)
            return [(what, role) for what, role in rows if what and role]
        case Shape.TEXT:
            return _pairs_of(form.text(f"{of}_text").replace("\r\n", "\n").split("\n"))
        case _:
            return None


def _check_length(pairs: Sequence[tuple[str, str]] | None, choice: str) -> None:
    if pairs is not None and Lines(pairs).is_too_long:
        reason = f"{{names.{choice}}} is too long for this page: change it over the admin API"
        raise UnusableRules(reason, choice)


def _pairs_of(lines: Iterable[str]) -> Sequence[tuple[str, str]]:
    """Split lines at their last =, because names may hold =. Without any, the name is empty."""
    parted = [line.rpartition("=") for line in lines if line.strip()]
    return [(what.strip(), role.strip()) for what, _, role in parted]


def _is_in_a_line(text: str) -> bool:
    """Return whether a field of a form gives a text back as it is."""
    return text == text.strip() and not set(text) & {"\r", "\n"}
