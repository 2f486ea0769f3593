"""What does the body of a POST, PUT or bulk request mean? Tolerances rewrite it for the RFC."""

from typing import Any

from api.scim.protocol.json_values import value_of
from api.scim.protocol.resources import EnterpriseUser, Group, User
from api.scim.protocol.tolerances.operations import tolerate_patch
from api.scim.protocol.tolerances.targets import RESOURCE
from api.scim.protocol.tolerances.values import intended

SCHEMAS = {
    str(model.__schema__).lower(): str(model.__schema__) for model in (User, Group, EnterpriseUser)
}
"""The URNs of the supported schemas, by themselves in lower case."""


def tolerate_resource(body: Any) -> Any:
    """Return the body of a POST or PUT in the form of the RFC."""
    if not isinstance(body, dict):
        return body
    sent = {key: value for key, value in body.items() if key.lower() != "id"}
    return {
        key: known_schemas(value) if key.lower() == "schemas" else value
        for key, value in (intended(RESOURCE, sent) or {}).items()
    }


def tolerate_bulk(body: Any) -> Any:
    """Return the body of a bulk request with the data of each operation in the form of the RFC."""
    if not isinstance(body, dict):
        return body
    return {
        key: [_bulk_operation(operation) for operation in value]
        if key.lower() == "operations" and isinstance(value, list)
        else value
        for key, value in body.items()
    }


def _bulk_operation(operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    is_patch = str(value_of(operation, "method")).lower() == "patch"
    tolerate = tolerate_patch if is_patch else tolerate_resource
    return {
        key: tolerate(value) if key.lower() == "data" else value for key, value in operation.items()
    }


def known_schemas(value: Any) -> Any:
    """Return the known schemas; attributes of others are ignored (RFC 7643 section 3)."""
    if value is None:
        return []
    if isinstance(value, str) and value.lower() in SCHEMAS:
        value = [value]
    if not isinstance(value, list):
        return value
    named = [SCHEMAS.get(item.lower()) if isinstance(item, str) else item for item in value]
    return [item for item in named if item is not None]
