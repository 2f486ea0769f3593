"""What differs between before and after a change? Lines with a name and two values. Pure.

The documents of the audit log are shown as people read settings: words, times and lines of a
mapping. Long lists are cut, because a mapping may have ten thousand lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.console.brake_forms import told_limit
from api.console.moments import exact
from api.console.words import label
from api.directory.brake_limits import limit_in
from api.errors import UnusableBrake

MOST_LINES, LONGEST = 8, 60
"""The most lines that are shown, and the most characters of a value."""

MOST_LISTED = 5
"""The most items of a list that stands in one line."""

NAMES = {
    "active": "Active",
    "failures": "Failures",
    "group_map": "People of the group",
    "identities": "People",
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
}
"""What settings are called. Others are called by their own words."""

WORDS = {"do", "kind", "leaving", "people", "portal", "role", "state"}
"""Settings whose values are words of the program; all others are shown as they are."""

MAPPINGS = {"role_map": "name", "group_map": "group"}
"""Lists of lines that map something to a role, with the key of what is mapped."""

Line = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting with its values before and after; None where it had none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Differences:
    """The lines that differ, as far as they are shown, and the number of those that are not.

    ``has_before`` and ``has_after`` tell whether there was anything before, and after.
    """

    lines: Sequence[Difference]
    more: int
    has_before: bool
    has_after: bool


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Differences:
    """Return what differs between two documents; all that one says where there is no other."""
    old, new = dict(_lines(before or {})), dict(_lines(after or {}))
    names = [it for it in dict.fromkeys([*old, *new]) if old.get(it) != new.get(it)]
    shown = [Difference(_cut(it), old.get(it), new.get(it)) for it in names[:MOST_LINES]]
    return Differences(shown, len(names) - len(shown), before is not None, after is not None)


def _lines(document: Mapping[str, Any], within: str = "") -> Iterator[Line]:
    """Yield the settings of a document, each with its name and its value in words."""
    for key, value in document.items():
        if key in MAPPINGS and isinstance(value, list):
            of = MAPPINGS[key]
            yield from ((f"{NAMES[key]} {it[of]}", label(it["role"])) for it in value)
        elif isinstance(value, Mapping):
            yield from _lines(value, "" if key == "rules" else key)
        else:
            name = within if key == "do" else f"{within} {key}".strip()
            yield NAMES.get(name) or label(name), _value(key, value)


def _value(key: str, value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "Yes" if value else "No"
        case int():
            return exact(value) if key.endswith("_at") else f"{value:,}"
        case list():
            return _listed(key, value)
        case _:
            return _cut(_text(key, str(value)))


def _listed(key: str, items: Sequence[Any]) -> str:
    if key == "identities":
        return f"{len(items):,}"
    shown = ", ".join(_cut(str(it)) for it in items[:MOST_LISTED])
    left = len(items) - MOST_LISTED
    return f"{shown} and {left:,} more" if left > 0 else shown or "None"


def _text(key: str, text: str) -> str:
    if key == "brake":
        return _brake(text)
    return label(text) if key in WORDS else text


def _brake(text: str) -> str:
    try:
        return told_limit(limit_in(text))
    except UnusableBrake:  # of another version
        return text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
