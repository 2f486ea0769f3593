"""What does an operation of a PATCH mean? The type of its target decides, with or without path."""

from collections.abc import Callable
from typing import Any

from api.scim.protocol.tolerances.targets import MANAGER, RESOURCE, Target, target_of
from api.scim.protocol.tolerances.values import (
    MEMBER_TYPES,
    NAMED_ROLES,
    entry_of,
    intended,
    json_in,
    with_named_roles,
)

NO_OPERATION: dict[str, Any] = {"op": "add", "value": {}}
"""The operation without effect that stands for an empty list: the RFC demands one at least."""

Operation = dict[str, Any]

DERIVED_MEMBER_PARTS = {"members.type", "members.$ref"}
"""The parts of a member that Muster derives, although the RFC calls them immutable."""


def tolerate_patch(body: Any) -> Any:
    """Return the body of a PATCH in the form of the RFC."""
    if not isinstance(body, dict):
        return body
    return {
        key: _operations(value) if key.lower() == "operations" else value
        for key, value in body.items()
    }


def _operations(operations: Any) -> Any:
    if not isinstance(operations, list):
        return operations
    tolerated = []
    for sent in operations:
        operation = _tolerated(sent) if isinstance(sent, dict) else sent
        if operation is not None or not isinstance(sent, dict):
            tolerated.append(operation)
    return tolerated or [NO_OPERATION]


def _tolerated(sent: dict[str, Any]) -> Operation | None:
    """Return an operation in the form of the RFC; None where it has no effect."""
    operation: Operation = {key.lower(): value for key, value in sent.items()}
    path = operation.get("path")
    if path and not isinstance(path, str):
        return operation
    if _is_password(path):
        return None
    target = target_of(path) if path else RESOURCE
    if target is None or target.is_derived:
        return _of_derived(operation, target)
    if target.name == "manager":
        operation["path"] = MANAGER
    elif path and target.name.partition(".")[0] in NAMED_ROLES:
        operation["path"] = with_named_roles(path)
    if str(operation.get("op")).lower() == "remove":
        return _removal(operation, target)
    return _setting(operation, target)


# --- adding and replacing ---------------------------------------------------------------------


def _setting(operation: Operation, target: Target) -> Operation | None:
    if target is RESOURCE:
        return operation | _resource_value(operation)
    if target.name in DERIVED_MEMBER_PARTS:
        return _of_member(operation, target)
    if "value" not in operation and target.name != "manager":
        return operation
    value = intended(target, operation.get("value"))
    if target.name == "manager.value" and not value:
        return {"op": "remove", "path": MANAGER}
    if value is not None:
        return operation | {"value": value}
    if target.name == "members" and target.is_list:
        return operation if operation["value"] is None else operation | {"value": []}
    return _emptying(operation, target)


def _resource_value(operation: Operation) -> Operation:
    """Return the value of an operation on a whole resource, without a password."""
    if "value" not in operation:
        return {}
    value = json_in(operation["value"])
    if isinstance(value, list) and len(value) == 1:
        value = json_in(value[0])
    if not isinstance(value, dict):
        return {}
    kept = {
        MANAGER if key.lower() == "manager" else key: item
        for key, item in value.items()
        if not _is_password(key)
    }
    return {"value": intended(RESOURCE, kept) if kept else kept}


def _emptying(operation: Operation, target: Target) -> Operation:
    """Return the operation that empties a target.

    A text becomes null, which needs no existing entry; any other value is removed.
    """
    if target.parts is None and not target.is_list and not target.is_flag:
        return operation | {"op": "replace", "value": None}
    return {"op": "remove", "path": operation["path"]}


def _of_member(operation: Operation, target: Target) -> Operation | None:
    """Return an operation on a derived part of a member; None where it has no effect.

    A known type is compared with the member's; every other value is left out.
    """
    value = intended(target, operation.get("value"))
    kind = MEMBER_TYPES.get(value.lower()) if isinstance(value, str) else None
    if kind and target.name == "members.type":
        return operation | {"value": kind}
    entry, selection, _ = operation["path"].rpartition("].")
    return operation | {"path": f"{entry}]", "value": {}} if selection else None


def _of_derived(operation: Operation, target: Target | None) -> Operation:
    """Return an operation on a derived attribute.

    An id becomes a value without a path, which is compared with the stored one. Any other operation
    stays as it is, for the library to judge.
    """
    if target is None or target.name != "id" or "value" not in operation:
        return operation
    value = {"id": intended(target, operation["value"])}
    return {key: item for key, item in operation.items() if key != "path"} | {"value": value}


# --- removing ---------------------------------------------------------------------------------


def _removal(operation: Operation, target: Target) -> Operation:
    value = operation.get("value")
    if value is None or target is RESOURCE:
        return operation
    if target.name == "members" and target.is_list:
        return operation | {"value": _entries(target, value, _by_id)}
    without = {key: item for key, item in operation.items() if key != "value"}
    if not target.is_list or value == "":
        return without
    return operation | {"value": _entries(target, value, _by_text)}


def _entries(target: Target, value: Any, read: Callable[[Target, Any], Any]) -> Any:
    value = json_in(value)
    entries = value if isinstance(value, list) else [value]
    return [read(target, entry) for entry in entries if entry != ""]


def _by_text(target: Target, entry: Any) -> Any:
    return entry_of(target, entry, by_value=True)


def _by_id(target: Target, member: Any) -> Any:
    """Return a member to be removed with its id alone, which identifies it."""
    entry = entry_of(target, member)
    if isinstance(entry, dict) and entry.get("value"):
        return {"value": entry["value"]}
    return entry


def _is_password(name: Any) -> bool:
    return isinstance(name, str) and name.lower().rpartition(":")[2] == "password"
