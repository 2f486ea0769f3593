"""Which schemas have resources? Answers have a schema, and requests that create another.

A ``User`` cannot promise a ``userName``, because ``attributes`` may leave it out, and a ``NewUser``
has to have one.
"""

from collections.abc import Sequence
from typing import Any

from scim2_models import Attribute, Mutability, ResourceType, Schema, ServiceProviderConfig

from api.scim.http.openapi.attributes import object_of, parts_of
from api.scim.http.openapi.example_answers import ANSWERS
from api.scim.http.openapi.meanings import RESOURCES
from api.scim.http.openapi.references import reference_to
from api.scim.protocol.resources import EnterpriseUser, Group, User

STRING = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}

SCHEMAS = {
    "type": "array",
    "items": STRING,
    "description": "The URIs of the schemas that the resource has attributes of",
}
EXTERNAL_ID = STRING | {"description": "The id that the provider has given to the resource"}
META = {
    "type": "object",
    "description": "What Muster knows of a resource by itself.",
    "properties": {
        "resourceType": STRING | {"description": "`User`, `Group`, or what is discovered"},
        "created": TIME,
        "lastModified": TIME,
        "location": STRING | {"description": "The URL of the resource"},
        "version": STRING | {"description": "The version of the resource, which `ETag` has too"},
    },
}

OWN_ID = STRING | {"description": "The id that Muster has given to the resource; it never changes"}
OWN = {"id": OWN_ID, "meta": reference_to("Meta")}
"""Properties that Muster alone sets."""

PUSHED: dict[str, Any] = {"User": User, "Group": Group}
"""The resources that providers make."""

DISCOVERED: dict[str, Any] = {
    "ServiceProviderConfig": ServiceProviderConfig,
    "ResourceType": ResourceType,
    "Schema": Schema,
}
"""The resources that describe the service."""


def resource_schemas() -> dict[str, Any]:
    """Return the schemas of all resources, of requests that create them, and of their parts."""
    extension = _attributes(EnterpriseUser)
    schemas = {
        "Meta": META,
        "EnterpriseUser": object_of(extension, RESOURCES["EnterpriseUser"]),
        **parts_of(extension),
    }
    for name, model in PUSHED.items():
        schemas |= {name: _answered(name, model), f"New{name}": _sent(f"New{name}", model)}
        schemas |= parts_of(_attributes(model))
    for name, model in DISCOVERED.items():
        attributes = _attributes(model)
        described = object_of(attributes, RESOURCES[name])
        described["properties"] = {"schemas": SCHEMAS} | described["properties"] | OWN
        described["required"] = ["schemas", *described["required"]]
        schemas |= {name: described, **parts_of(attributes)}
    return schemas


def _attributes(model: Any) -> Sequence[Attribute]:
    return model.to_schema().attributes or ()


def _answered(name: str, model: Any) -> dict[str, Any]:
    described = object_of(_attributes(model), RESOURCES[name])
    own_schema = SCHEMAS | {"contains": {"const": str(model.__schema__)}}
    described["properties"] |= OWN | {"schemas": own_schema, "externalId": EXTERNAL_ID}
    described["properties"] |= _extensions(model)
    return described | {"required": ["schemas", "id"], "examples": [ANSWERS[name]]}


def _sent(name: str, model: Any) -> dict[str, Any]:
    writable = [it for it in _attributes(model) if it.mutability != Mutability.read_only]
    described = object_of(writable, RESOURCES[name])
    described["properties"] |= {"schemas": SCHEMAS, "externalId": EXTERNAL_ID} | _extensions(model)
    return described


def _extensions(model: Any) -> dict[str, Any]:
    enterprise = str(EnterpriseUser.__schema__)
    return {enterprise: reference_to("EnterpriseUser")} if model is User else {}
