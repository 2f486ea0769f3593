"""What do providers send that the RFCs do not foresee, and what do we make of it?

Nothing else in the code knows a provider's name. Pure: JSON in, JSON out.

| sent | what we do | by |
| --- | --- | --- |
| attributes, schemas, keys that we do not know, in bodies | leave them out | Okta, Entra ID |
| a key ``name`` in an operation, ``id`` and ``externalId`` beside | ignore them | Entra ID |
| a PATCH *path* that we do not know | refuse it, as the RFC says | nobody in earnest |
| ``password`` | accept it, throw it away | Okta, in every wizard-made app |
| one entry where a list is due | make a list of it | OneLogin |
| ``Add``, ``Replace``, ``Remove``; ``"True"`` for a boolean (1) | read them | Entra ID |
| keys ``name.givenName``, ``urn:…:User:department`` (1) | take them for paths | Entra ID, Ping |
| an ``id`` that is the same, in the value of a PATCH (1) | let it pass | Okta, at every rename |
| ``username Eq "…"`` and names in any case (1) | read it, as the RFC says | Ping |
| the ``value`` of a PATCH as JSON text in a string | read it | Keycloak clients |
| ``Operations`` that is empty | change nothing | Entra ID's validator |
| ``upd-1a2b3c`` in any text, an e-mail too (2) | keep it | Entra ID's validator |
| ``""`` and null in any attribute, twice (1) | empty it, again too | Entra ID's validator |
| ``""`` in a boolean | take it away | Entra ID's validator |
| ``emails[type eq "work"].value`` without such an entry (1) | make the entry | Entra ID |
| ``roles[primary eq "True"].value`` (1) | make it, with a boolean | Entra ID |
| removal of ``members`` with ids as value (1) | no other | Entra ID, JumpCloud, authentik |
| the same with ``"$ref": null``, or with bare ids | go by the ids alone | older jobs of Entra ID |
| members without a type, or who are nobody (3) | find out; keep the known | Okta |
| ``manager`` as a string or an array | make an object of it | Entra ID |
| ``manager`` as ``""`` or ``{"value": ""}`` | clear it | Entra ID |
| ``manager`` without its URN, in a path or a filter | the enterprise extension's | Entra ID |
| a second group of a name (3) | refuse it with 409 | Entra ID's validator wants it |

(1) by the library, under ``POLICY`` or always; (2) in ``resources.py``; (3) in ``groups.py``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scim2_models import InvalidSyntaxException, ScimFilter, ScimPolicy
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterNode,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from api.scim.payloads import check_value, json_of, value_of
from api.scim.resources import LISTS, EnterpriseUser, Group, User

POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""The tolerances that the library has already; paths are checked on top of it."""

ENTERPRISE = str(EnterpriseUser.__schema__)
MANAGER = f"{ENTERPRISE}:manager"
SCHEMAS = {str(model.__schema__).lower() for model in (User, Group, EnterpriseUser)}
FLAGS = ("active", "primary")
"""How paths to booleans end."""

NO_OPERATION: dict[str, Any] = {"op": "add", "value": {}}
"""What stands for no operation at all: the RFC wants at least one."""

Operation = dict[str, Any]


def tolerate_resource(body: Any) -> Any:
    """Return the body of a POST or PUT as the RFC would have it."""
    if not isinstance(body, dict):
        return body
    return _with_lists(_with_known_schemas(_with_manager_objects(body)))


def tolerate_patch(body: Any) -> Any:
    """Return the body of a PATCH as the RFC would have it."""
    if not isinstance(body, dict):
        return body
    return {
        key: _operations(value) if _is(key, "Operations") else value for key, value in body.items()
    }


def tolerate_bulk(body: Any) -> Any:
    """Return the body of a bulk request with the data of each operation as the RFC has it."""
    if not isinstance(body, dict):
        return body
    return {
        key: [_bulk_operation(operation) for operation in value]
        if _is(key, "Operations") and isinstance(value, list)
        else value
        for key, value in body.items()
    }


def tolerate_filter(text: str) -> str:
    """Return a filter with the manager spelled out.

    :raises InvalidFilterException: when it is none.
    """
    if "manager" not in text.lower():
        return text
    return str(_qualified(ScimFilter(text).ast))


def _bulk_operation(operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    is_patch = _is(value_of(operation, "method"), "PATCH")
    tolerate = tolerate_patch if is_patch else tolerate_resource
    return {key: tolerate(value) if _is(key, "data") else value for key, value in operation.items()}


# --- PATCH ----------------------------------------------------------------------------------


def _operations(operations: Any) -> Any:
    if not isinstance(operations, list):
        return operations
    tolerated = []
    for operation in operations:
        if not isinstance(operation, dict):
            tolerated.append(operation)
            continue
        wanted: Operation | None = {key.lower(): value for key, value in operation.items()}
        for rule in OPERATION_RULES:
            wanted = rule(wanted) if wanted is not None else None
        if wanted is not None:
            tolerated.append(wanted)
    return tolerated or [NO_OPERATION]


def _read_json_text(operation: Operation) -> Operation:
    text = operation.get("value")
    if operation.get("path") or not isinstance(text, str):
        return operation
    try:
        value = json_of(text.encode())
    except InvalidSyntaxException:
        return operation
    check_value(value, len(text))
    return operation | {"value": value}


def _empty_flags(operation: Operation) -> Operation:
    path, value = operation.get("path"), operation.get("value")
    if _is_flag(path) and value == "":
        return {"op": "remove", "path": path}
    if isinstance(value, dict):
        emptied = {k: None if item == "" and _is_flag(k) else item for k, item in value.items()}
        return operation | {"value": emptied}
    return operation


def _drop_password(operation: Operation) -> Operation | None:
    path, value = operation.get("path"), operation.get("value")
    if _is_password(path):
        return None
    if isinstance(value, dict) and not path:
        kept = {key: item for key, item in value.items() if not _is_password(key)}
        return operation | {"value": kept}
    return operation


def _remove_by_ids(operation: Operation) -> Operation:
    value = operation.get("value")
    if not (_is(operation.get("op"), "remove") and _is(operation.get("path"), "members") and value):
        return operation
    entries = value if isinstance(value, list) else [value]
    return operation | {"value": [_by_id(entry) for entry in entries]}


def _set_manager(operation: Operation) -> Operation:
    if not (_is(operation.get("path"), "manager") or _is(operation.get("path"), MANAGER)):
        return operation | _manager_in_value(operation)
    qualified = operation | {"path": MANAGER}
    if _is(operation.get("op"), "remove"):
        return qualified
    manager = _manager_object(operation.get("value"))
    return {"op": "remove", "path": MANAGER} if manager is None else qualified | {"value": manager}


def _manager_in_value(operation: Operation) -> Operation:
    value = operation.get("value")
    if not isinstance(value, dict):
        return {}
    if _is(operation.get("path"), ENTERPRISE):
        return {"value": _with_manager_object(value)}
    return {"value": _with_manager_objects(value)} if not operation.get("path") else {}


OPERATION_RULES: tuple[Callable[[Operation], Operation | None], ...] = (
    _read_json_text,
    _empty_flags,
    _drop_password,
    _remove_by_ids,
    _set_manager,
)
"""Applied to each operation in this order; None drops it."""


# --- schemas, managers, members, passwords ---------------------------------------------------


def _with_known_schemas(body: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the schemas whose attributes will be (RFC 7643 section 3)."""
    return {
        key: [item for item in value if not isinstance(item, str) or item.lower() in SCHEMAS]
        if _is(key, "schemas") and isinstance(value, list)
        else value
        for key, value in body.items()
    }


def _with_lists(body: Mapping[str, Any]) -> dict[str, Any]:
    """Make a list of an only entry."""
    return {
        key: [value] if key.lower() in LISTS and isinstance(value, dict) else value
        for key, value in body.items()
    }


def _with_manager_objects(body: Mapping[str, Any]) -> dict[str, Any]:
    """Make objects of the managers in a resource, or in the value of a PATCH without path."""
    tolerated = {}
    for key, value in body.items():
        if _is(key, ENTERPRISE) and isinstance(value, dict):
            tolerated[key] = _with_manager_object(value)
        elif _is(key, MANAGER):
            tolerated[key] = _manager_object(value)
        else:
            tolerated[key] = value
    return tolerated


def _with_manager_object(extension: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _manager_object(value) if _is(key, "manager") else value
        for key, value in extension.items()
    }


def _manager_object(value: Any) -> Any:
    """Return the object that a manager should have been sent as; None for no manager."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        value = {"value": value}
    if isinstance(value, dict) and not value.get("value"):
        return None
    return value


def _by_id(member: Any) -> Any:
    if isinstance(member, str):
        return {"value": member}
    if isinstance(member, dict) and member.get("value"):
        return {"value": member["value"]}
    return member


def _is_flag(name: Any) -> bool:
    return isinstance(name, str) and name.lower().endswith(FLAGS)


def _is_password(name: Any) -> bool:
    return isinstance(name, str) and name.lower().rpartition(":")[2] == "password"


def _is(name: Any, wanted: str) -> bool:
    return isinstance(name, str) and name.lower() == wanted.lower()


# --- filters ----------------------------------------------------------------------------------


def _qualified(node: FilterNode) -> FilterNode:
    match node:
        case Comparison(attr_path=path):
            return replace(node, attr_path=_qualified_path(path, sub_attribute="value"))
        case Present(attr_path=path):
            return replace(node, attr_path=_qualified_path(path))
        case Not(expr=inner):
            return replace(node, expr=_qualified(inner))
        case LogicalExpr(terms=terms):
            return replace(node, terms=tuple(_qualified(term) for term in terms))
        case ValuePath() | _:
            return node


def _qualified_path(path: AttrPath, sub_attribute: str | None = None) -> AttrPath:
    if path.attr.lower() != "manager" or path.uri not in {None, ENTERPRISE}:
        return path
    return AttrPath("manager", path.sub_attr or sub_attribute, ENTERPRISE)
