"""What differs between before and after a change? Lines have a name and two values. Pure.

The documents of the audit log are shown as people read settings: words, times and lines of a
mapping. Long lists are cut, because a mapping may have ten thousand lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from api.admin.mentions import Kind, Mention, account_in, people_in, person_in
from api.admin.named_changes import Names
from api.console.brake_forms import told_limit
from api.console.known import Known, cut, known
from api.console.moments import exact
from api.console.rule_options import NAMES_OF_RULES
from api.console.words import label, reason
from api.directory.brake_limits import limit_in
from api.errors import UnusableBrake

NO_NAMES: Names = MappingProxyType({})

MOST_LINES = 8
"""The most lines that are shown."""

MOST_LISTED = 5
"""The most items of a list that stands in one line."""

NAMES = {
    "account": "Account",
    "active": "Active",
    "cause": "Cause",
    "failures": "Failures",
    "group_map": "People of the group",
    "identities": "People",
    "identity": "Person",
    "leaving": "Leaving that was kept back",
    "on_create": "When somebody joins",
    "on_create role": "Role of those who join",
    "on_deactivate": "When somebody leaves",
    "on_deactivate policy": "Policy for the devices of those who leave",
    "people": "What becomes of people",
    "released": "Follows the provider",
    "role_map": "Group or role",
    "expires_at": "Ends",
    "tokens": "Live tokens",
    "trouble": "What was wrong",
}
"""The names of settings. Others have their own words."""

WORDS = {"do", "kind", "leaving", "people", "portal", "role", "state", "trouble"}
"""Settings whose values are words of the program; all others are shown as they are."""

MAPPINGS = {"role_map": "name", "group_map": "group"}
"""Lists of lines that map something to a role, with the key of the thing mapped."""

Line = tuple[Known | str, Known | str | None]
"""The name of a setting, with its value in words."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting with its values before and after; None where it had none."""

    name: Known | str
    before: Known | str | None
    after: Known | str | None


@dataclass(frozen=True, slots=True)
class Differences:
    """The lines that differ, as far as they are shown, and the number of those that are not.

    ``has_before`` and ``has_after`` tell whether there was anything before, and after.
    """

    lines: Sequence[Difference]
    more: int
    has_before: bool
    has_after: bool


def differences(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    connection: str = "",
    names: Names = NO_NAMES,
) -> Differences:
    """Return the lines that differ in two documents; all lines of one where there is no other.

    :param connection: that of the groups and people whom the documents name by their ids.
    :param names: the names that are known.
    """
    telling = _Telling(connection, names)
    old, new = dict(telling.lines(before or {})), dict(telling.lines(after or {}))
    differ = [it for it in dict.fromkeys([*old, *new]) if old.get(it) != new.get(it)]
    shown = [Difference(it, old.get(it), new.get(it)) for it in differ[:MOST_LINES]]
    return Differences(shown, len(differ) - len(shown), before is not None, after is not None)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Tells documents in words, with the names that are known."""

    connection: str
    names: Names

    def lines(
        self, document: Mapping[str, Any], within: str = "", portal: str = ""
    ) -> Iterator[Line]:
        """Yield the settings of a document, each with its name and its value in words."""
        portal = str(document.get("portal", portal))
        mentions = {"account": account_in(document), "identity": person_in(document)}
        for key, value in document.items():
            mention = mentions.get(key)
            if mention is not None:
                yield NAMES[key], known(mention, self.names)
            elif key in MAPPINGS and isinstance(value, list):
                yield from ((self._mapped(key, it), label(it["role"])) for it in value)
            elif key == "identities" and "people" in document:
                continue  # the number of people says more than that all were meant
            elif key == "identities" and isinstance(value, list):
                yield NAMES[key], self._people(document, len(value))
            elif isinstance(value, Mapping):
                yield from self.lines(value, "" if key == "rules" else key, portal)
            elif key == "do" and (within, portal, str(value)) in NAMES_OF_RULES:
                yield NAMES[within], NAMES_OF_RULES[within, portal, str(value)]
            elif key == "people" and isinstance(value, int):
                yield NAMES["identities"], f"{value:,}"
            else:
                name = within if key == "do" else f"{within} {key}".strip()
                yield cut(NAMES.get(name) or label(name)), _value(key, value)

    def _mapped(self, key: str, line: Mapping[str, str]) -> Known | str:
        """Return the name of a line of a mapping."""
        of = line[MAPPINGS[key]]
        if key == "role_map":
            return cut(f"{NAMES[key]} {of}")
        return known(Mention(Kind.GROUP, of, self.connection), self.names, f"{NAMES[key]} {{}}")

    def _people(self, document: Mapping[str, Any], number: int) -> str:
        """Return the first names of a list of people, and how many others there are."""
        first = people_in(document, self.connection)
        called = [cut(self.names[it]) for it in first if it in self.names]
        left = number - len(called)
        if not called:
            return f"{number:,}"
        return ", ".join(called) + (f" and {left:,} more" if left else "")


def _value(key: str, value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "Yes" if value else "No"
        case int():
            return exact(value) if key.endswith("_at") else f"{value:,}"
        case list():
            return _listed(value)
        case _:
            return cut(_text(key, str(value)))


def _listed(items: Sequence[Any]) -> str:
    shown = ", ".join(cut(str(it)) for it in items[:MOST_LISTED])
    left = len(items) - MOST_LISTED
    return f"{shown} and {left:,} more" if left > 0 else shown or "None"


def _text(key: str, text: str) -> str:
    if key == "brake":
        return _brake(text)
    if key == "cause":
        return reason(text)
    return label(text) if key in WORDS else text


def _brake(text: str) -> str:
    try:
        return told_limit(limit_in(text))
    except UnusableBrake:  # of another version
        return text
