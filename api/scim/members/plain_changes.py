"""Which PATCH only adds or only removes a few members? Its body is read without any model. Pure.

The forms are those of the large providers. A PATCH that is not exactly of these forms becomes
steps (``api.scim.members.steps``). ``tests/conformance/test_plain_members.py`` holds both ways to
each other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from scim2_models import PatchOp

from api.scim.protocol.ids import ID
from api.scim.protocol.resources import Group

LONGEST_PLAIN_PATCH = 1_024
"""Bytes of a PATCH that may be plain: about fifteen members, which are decoded at once."""

PATCH_SCHEMA = str(PatchOp[Group].__schema__)
MEMBERS_PATH = "members"
ONE_MEMBER_PATH = re.compile(rf'members\[value eq "({ID.pattern})"\]', re.IGNORECASE)
ENTRY_KEYS = {"value", "display", "$ref", "type"}


@dataclass(frozen=True, slots=True)
class PlainChange:
    """Members to add, with their labels, or else members to remove, by their ids."""

    members: Mapping[str, str | None]
    adds: bool


def plain_change_in(patch: Any) -> PlainChange | None:
    """Return the change of a PATCH that only adds or only removes members; None for any other.

    :param patch: the decoded JSON of the body.
    """
    match patch:
        case {"schemas": [schema], "Operations": [{"op": str(op), "path": str(path), **rest}]} if (
            schema == PATCH_SCHEMA and len(patch) == len(("schemas", "Operations"))
        ):
            return _change(op.lower(), path, cast("dict[str, Any]", rest))
        case _:
            return None


def _change(op: str, path: str, rest: Mapping[str, Any]) -> PlainChange | None:
    if op not in {"add", "remove"} or not rest.keys() <= {"value"}:
        return None
    adds, value = op == "add", rest.get("value")
    if path.lower() == MEMBERS_PATH:
        members = _members_in(value)
        return PlainChange(members, adds) if members else None
    one = ONE_MEMBER_PATH.fullmatch(path)
    if one is None or adds or value is not None or not ID.fullmatch(one[1]):
        return None
    return PlainChange({one[1]: None}, adds)


def _members_in(value: Any) -> dict[str, str | None] | None:
    """Return the labels of members by id; None unless all entries are plain, with different ids."""
    if not isinstance(value, list):
        return None
    members: dict[str, str | None] = {}
    for entry in value:
        if not (isinstance(entry, dict) and entry.keys() <= ENTRY_KEYS and _is_plain(entry)):
            return None
        members[entry["value"]] = entry.get("display") or None
    return members if len(members) == len(value) else None


def _is_plain(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry has an id, and a label and a type at most."""
    id_, texts = entry.get("value"), (entry.get("display"), entry.get("type"))
    is_id = isinstance(id_, str) and ID.fullmatch(id_) is not None
    return is_id and entry.get("$ref") is None and all(isinstance(it, str | None) for it in texts)
