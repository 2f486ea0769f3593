"""How is an attribute described in JSON Schema? Its schema from ``/Schemas`` is translated.

So the document says nothing of the library that holds the attributes.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from scim2_models import Attribute

from api.scim.http.openapi.meanings import ATTRIBUTES
from api.scim.http.openapi.references import reference_to

TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "dateTime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "reference": {"type": "string"},
}
"""The types of simple attributes (RFC 7643 section 2.3)."""

COMPLEX = {
    "name": "Name",
    "emails": "Email",
    "phoneNumbers": "PhoneNumber",
    "ims": "InstantMessaging",
    "photos": "Photo",
    "addresses": "Address",
    "groups": "GroupMembership",
    "entitlements": "Entitlement",
    "roles": "Role",
    "x509Certificates": "Certificate",
    "manager": "Manager",
    "members": "GroupMember",
    "patch": "PatchSupport",
    "bulk": "BulkSupport",
    "filter": "FilterSupport",
    "changePassword": "PasswordSupport",
    "sort": "SortSupport",
    "etag": "VersionSupport",
    "authenticationSchemes": "AuthenticationScheme",
    "pagination": "PaginationSupport",
    "schemaExtensions": "SchemaExtension",
    "attributes": "SchemaAttribute",
    "subAttributes": "SchemaSubAttribute",
}
"""The schemas of complex attributes: each has a name of its own, for the value or one of them."""

MAY_BE_MISSING = {"schemaExtensions"}
"""Required by its schema, and left out by a type without extensions."""


def object_of(attributes: Sequence[Attribute], description: str | None = None) -> dict[str, Any]:
    """Return the schema of an object with the attributes."""
    required = [it.name for it in attributes if it.required and it.name not in MAY_BE_MISSING]
    return {
        "type": "object",
        **({"description": description} if description else {}),
        "properties": {str(it.name): _property(it) for it in attributes},
        **({"required": required} if required else {}),
    }


def parts_of(attributes: Iterable[Attribute]) -> dict[str, Any]:
    """Return the schemas to which the properties of complex attributes refer."""
    parts: dict[str, Any] = {}
    for attribute in attributes:
        if attribute.sub_attributes:
            parts[COMPLEX[str(attribute.name)]] = object_of(attribute.sub_attributes)
            parts |= parts_of(attribute.sub_attributes)
    return parts


def _property(attribute: Attribute) -> dict[str, Any]:
    value = _value(attribute)
    described: dict[str, Any] = (
        {"type": "array", "items": value} if attribute.multi_valued else value
    )
    text = ATTRIBUTES.get(str(attribute.name)) or " ".join((attribute.description or "").split())
    return described | ({"description": text} if text else {})


def _value(attribute: Attribute) -> dict[str, Any]:
    if attribute.sub_attributes:
        return reference_to(COMPLEX[str(attribute.name)])
    value = dict(TYPES[attribute.type.value if attribute.type else "string"])
    if attribute.canonical_values:  # not the only values: providers send others
        value["examples"] = list(attribute.canonical_values)
    return value
