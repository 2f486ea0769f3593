"""Which searches could there be? Drawn from the models, so that none is left out.

An example is a directory with what is asked of it. The filters and orders are about the focus of
the directory, and have its words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from inspect import isclass
from typing import Any

from hypothesis import strategies as st
from scim2_models import Reference

from api.scim.protocol.resources import Group, ScimUser
from tests.conformance.scim_directories import (
    ATTRIBUTES,
    BASE_URL,
    GIVEN,
    WORDS,
    Attribute,
    Json,
    Words,
    resources,
)

# --- filters ------------------------------------------------------------------------------------

OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
TIMES = ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00+02:00"]

COMBINATIONS = st.sampled_from(["{}", "not ({})", "({}) and ({})", "({}) or ({})"])
NESTED = 2
"""Combinations are parts of combinations, which are parts of no more."""

SELECTIONS = st.sampled_from(["{}", "{} and {}", "{} or not ({})"])
"""What may stand between brackets."""


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _or_null(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*map(_quoted, texts), "null"])


BOOLEANS = st.sampled_from(["true", "false", "null"])
OF_META = _or_null(*TIMES, "User", "group", 'W/"1"', f"{BASE_URL}/Users/")
OF_REFERENCES = _or_null(f"{BASE_URL}/", f"{BASE_URL}/Users/a", "/c", "https://x.test/a", "Groups/")
ODD = st.sampled_from(["null", "7", None, None, None, None, None, None, None, None])
"""Literals that are no values of an attribute, which None stands for."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Draws filters of a resource type, or of everything, piece by piece.

    Strategies that are put together for each piece took twice as long.
    """

    draw: st.DrawFn
    model: Any
    attributes: st.SearchStrategy[Attribute]
    words: Words

    def filter(self, nested: int = NESTED) -> str:
        """Return a condition, or a combination."""
        if not nested:
            return self._condition(self.draw(self.attributes))
        return self._filled(COMBINATIONS, lambda: self.filter(nested - 1))

    def _condition(self, attribute: Attribute) -> str:
        """Return what may be said of one attribute."""
        has_brackets = attribute.binding.is_multivalued and "." not in attribute.name
        if has_brackets and self.draw(st.booleans()):
            selection = self._filled(SELECTIONS, lambda: self._selection(attribute))
            return f"{attribute.path}[{selection}]"
        return self._said(attribute.path, attribute)

    def _selection(self, attribute: Attribute) -> str:
        """Return what may be said of a part, or of a value that has none."""
        parts = _parts(self.model, attribute.path)
        if parts is None:
            return f"value {self.draw(OPERATORS)} {_quoted(self.draw(self.words))}"
        part = self.draw(parts)
        return self._said(part.path.rpartition(".")[2], part)

    def _said(self, name: str, attribute: Attribute) -> str:
        if self.draw(st.booleans()):
            return f"{name} pr"
        return f"{name} {self.draw(OPERATORS)} {self._literal(attribute)}"

    def _literal(self, attribute: Attribute) -> str:
        target = attribute.binding.target_type
        if target is bool:
            return self.draw(BOOLEANS)
        if attribute.path.startswith("meta."):
            return self.draw(OF_META)
        if isclass(target) and issubclass(target, Reference):
            return self.draw(OF_REFERENCES)
        return self.draw(ODD) or _quoted(self.draw(attribute.values(self.words)))

    def _filled(self, texts: st.SearchStrategy[str], piece: Callable[[], str]) -> str:
        """Return one of the texts, with a piece in the place of each pair of braces."""
        text = self.draw(texts)
        return text.format(*(piece() for _ in range(text.count("{}"))))


@cache
def _parts(model: Any, path: str) -> st.SearchStrategy[Attribute] | None:
    parts = [each for each in ATTRIBUTES[model] if each.path.startswith(f"{path}.")]
    return st.sampled_from(parts) if parts else None


@st.composite
def filters(draw: st.DrawFn, model: Any, focus: list[str], words: Words) -> list[str]:
    """Return filters about the attributes of the focus, and those that all have."""
    near, given = (
        st.sampled_from([each for each in ATTRIBUTES[model] if each.top in tops])
        for tops in (focus, GIVEN)
    )
    drawn = Filters(draw, model, near | near | given, words)
    return [drawn.filter() for _ in range(draw(st.integers(8, 16)))]


# --- examples -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    """A directory, with what is asked of it: filters, or orders on pages of so many resources."""

    users: list[Json]
    groups: list[Json]
    filters: list[str] = field(default_factory=list)
    sorts: list[str] = field(default_factory=list)
    count: int = 1


@st.composite
def filtered(draw: st.DrawFn, model: Any) -> Example:
    """Return filters of one resource type, or of everything, and a directory."""
    focus, words, directory = draw(_directories(model))
    return replace(directory, filters=draw(filters(model, focus, words)))


@st.composite
def ordered(draw: st.DrawFn, model: Any) -> Example:
    """Return orders of one resource type, or of everything, and a directory."""
    focus, _, directory = draw(_directories(model))
    near = [each.path for each in ATTRIBUTES[model] if each.top in {*focus, *GIVEN}]
    asked = st.lists(st.sampled_from(near), min_size=1, max_size=4, unique=True)
    least = 1 + (len(directory.users) + len(directory.groups)) // 6  # for five pages at most
    return replace(directory, sorts=draw(asked), count=draw(st.integers(least, 4)))


@st.composite
def _directories(draw: st.DrawFn, model: Any) -> tuple[list[str], Words, Example]:
    """Return a focus, its words, and a directory of which nothing is asked yet."""
    tops = sorted({each.top for each in ATTRIBUTES[model]} - GIVEN)
    focus = draw(st.lists(st.sampled_from(tops), min_size=1, max_size=2, unique=True))
    three = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=3, unique=True))
    words = st.sampled_from(three)
    users = draw(resources(ScimUser, focus, words))
    return focus, words, Example(users, draw(resources(Group, focus, words)))


# --- what chance would rarely find --------------------------------------------------------------

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

PECULIAR = Example(
    users=[
        {"name_suffix": "a", "emails": [{"value": "a", "type": "work"}, {"value": "b"}]},
        {"name_suffix": "b", "emails": [{"value": "b", "type": "home", "primary": True}]},
        {"name_suffix": "c", "emails": [], "active": True, "title": ""},
        {"name_suffix": "d", "active": False, ENTERPRISE: {"manager": {"$ref": "Users/a"}}},
        {"name_suffix": "e", ENTERPRISE: {"manager": {"value": "M", "$ref": "https://x.test/a"}}},
    ],
    groups=[{"name_suffix": "a"}, {"name_suffix": "b"}, {"name_suffix": ""}],
    filters=[
        'emails ne "a"', 'emails.value ne "b"', 'not (emails.value eq "b")', "emails.type ne null",
        "emails eq null", "emails pr", 'emails[value ne "b"]',
        'emails[type eq "work"].value eq "a"', 'emails[not (type eq "work") and value eq "b"]',
        "emails.primary ne true", "not (active eq true)", "active ne false", "title pr",
        'title eq ""', "title ne null", 'title co ""', 'title gt ""', 'userName sw "1"',
        f'{ENTERPRISE}:manager.$ref eq "{BASE_URL}/Users/a"',
        f'{ENTERPRISE}:manager.$ref sw "https"', f"not ({ENTERPRISE}:manager pr)",
        f'{ENTERPRISE}:manager.value eq "m"', 'groups[display eq "G0a"].value pr',
        f'groups.$ref sw "{BASE_URL}/Groups/"', 'groups.display ne "g0a"',
        'groups[not (display co "b")]', 'schemas eq "x"', "groups pr",
        f'meta.location sw "{BASE_URL}/users/"', 'members.type eq "Group"',
        'members[type eq "user"]', 'members.display ne "a"',
        'members[display eq "a" and type eq "User"]', "members.display pr",
        'members.$ref co "/Groups/"', 'meta.version eq "W/\\"1\\""', 'meta.resourceType eq "group"',
    ],
    sorts=[
        "emails", "emails.value", "emails.type", "title", "active", f"{ENTERPRISE}:manager.$ref",
        "groups.display", "members.display", "meta.location", "meta.created", "displayName", "id",
    ],
    count=2,
)  # fmt: skip
"""Where values are missing, empty, several, or written differently from how they are shown."""
