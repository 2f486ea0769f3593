"""What does a value mean? Its target makes it one value, one object, or a list.

A value without a meaning is left as it is, and the validation reports its fault.
"""

import re
from typing import Any

from pydantic_core import to_json
from scim2_models import InvalidSyntaxException

from api.scim.protocol.json_values import check_value, json_of, value_of
from api.scim.protocol.tolerances.targets import EXTENSION, RESOURCE, Target

EMPTY_VALUES: tuple[Any, ...] = (None, "", [])
"""The values that stand for no value (RFC 7643 section 2.5, and validators)."""

NAMED_ROLES = {"roles", "entitlements"}
"""The attributes whose values may be an app role as JSON text."""

MEMBER_TYPES = {"user": "User", "group": "Group"}
"""The types of members, by their names in lower case; a client's other names are ignored."""

QUOTED_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text in a filter, written as in JSON, or the rest of a filter that lacks its last quote: no
search begins anew within a text."""


def intended(target: Target, value: Any) -> Any:
    """Return a value in the form of its target; None where it empties the target."""
    if target.is_list:
        return intended_list(target, value)
    if target.parts is None:
        return _one_value(target, value)
    return _one_object(target, value)


def intended_list(target: Target, value: Any) -> Any:
    """Return a value as a list of entries; None where it empties the target."""
    value = json_in(value)
    if value in (None, ""):
        return None
    if isinstance(value, dict) or (isinstance(value, str) and _takes_text(target)):
        value = [value]
    if not isinstance(value, list):
        return value
    return [entry_of(target, entry) for entry in value if entry != ""]


def entry_of(target: Target, entry: Any, *, by_value: bool = False) -> Any:
    """Return an entry of a list in the form of its target.

    :param by_value: whether a text stands for an entry with that value, for any target.
    """
    entry = json_in(entry)
    if isinstance(entry, str) and target.parts is not None and (by_value or _takes_text(target)):
        return {"value": entry}
    if not isinstance(entry, dict):
        return entry
    if target.name in NAMED_ROLES:
        entry = _named_role(entry)
    entry = _parts(target, entry)
    return _typed_member(entry) if target.name == "members" else entry


def _takes_text(target: Target) -> bool:
    """Return whether a text may stand for an entry, as the id of a member does."""
    return target.name == "members"


# --- one --------------------------------------------------------------------------------------


def _one_value(target: Target, value: Any) -> Any:
    if value == []:
        return None
    if isinstance(value, list) and len(value) == 1:
        return _one_value(target, value[0])
    inner = value_of(value, "value") if isinstance(value, dict) else None
    if inner is not None and not isinstance(inner, dict | list):
        return _one_value(target, inner)
    if target.is_flag and isinstance(value, str) and not value.strip():
        return None
    if target.name.rpartition(".")[0] in NAMED_ROLES and target.name.endswith(".value"):
        return _role_in(value).get("value", value)
    return value


def _one_object(target: Target, value: Any) -> Any:
    value = json_in(value)
    if value in EMPTY_VALUES:
        return None
    if isinstance(value, list) and len(value) == 1:
        return _one_object(target, value[0])
    if target.name == "manager":
        return _manager(target, value)
    if isinstance(value, dict):
        return entry_of(target, value)
    return value


def _parts(target: Target, value: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its parts in the form of their targets, without derived parts.

    The id of a resource stays: a different one is a mistake, unlike a different ``meta``.
    """
    parts = {}
    for key, item in value.items():
        part = _part(target, key)
        if part is None:
            parts[key] = item
        elif not part.is_derived or part.name == "id":
            parts[key] = intended(part, item)
    return parts


def _part(target: Target, key: str) -> Target | None:
    if target is RESOURCE or target is EXTENSION:
        return target.part(key)
    return (target.parts or {}).get(key.lower())


def _manager(target: Target, value: Any) -> Any:
    """Return a manager as an object; None where the value means no manager."""
    if isinstance(value, str):
        value = {"value": value}
    if not isinstance(value, dict):
        return value
    manager = _parts(target, value)
    return manager if value_of(manager, "value") else None


# --- entries ----------------------------------------------------------------------------------


def _named_role(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a role with the value and name of an app role, if its value is one as JSON text."""
    key = next((key for key in entry if key.lower() == "value"), None)
    role = {} if key is None else _role_in(entry[key])
    if key is None or not role:
        return entry
    named = entry | {key: role["value"]}
    if "display" in role and not value_of(entry, "display"):
        named["display"] = role["display"]
    return named


def _role_in(value: Any) -> dict[str, str]:
    """Return value and name of an app role that is JSON text; an empty dict for other values."""
    role = json_in(value) if isinstance(value, str) else None
    name, label = value_of(role, "value"), value_of(role, "displayName")
    if not isinstance(name, str) or not name:
        return {}
    return {"value": name} | ({"display": label} if isinstance(label, str) and label else {})


def with_named_roles(path: str) -> str:
    """Return a path to roles, with app roles in its filter replaced by their values."""
    return QUOTED_TEXT.sub(_quoted_role, path)


def _quoted_role(text: re.Match[str]) -> str:
    try:
        role = _role_in(json_of(text.group().encode()))
    except InvalidSyntaxException:
        return text.group()
    return to_json(role["value"]).decode() if role else text.group()


def _typed_member(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a member with a known type, or without a type."""
    typed = {}
    for key, item in entry.items():
        if key.lower() != "type" or not isinstance(item, str):
            typed[key] = item
        elif item.lower() in MEMBER_TYPES:
            typed[key] = MEMBER_TYPES[item.lower()]
    return typed


def json_in(value: Any) -> Any:
    """Return the object or array that a text holds as JSON, or else the value unchanged."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        inner = json_of(value.encode())
    except InvalidSyntaxException:
        return value
    check_value(inner, len(value))
    return inner
