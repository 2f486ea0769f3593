"""Which SCIM endpoints are there? One line each, with what goes in and what comes out."""

from dataclasses import dataclass
from typing import Any, Union

from pydantic import BaseModel
from scim2_models import (
    ListResponse,
    PatchOp,
    ResourceType,
    Schema,
    SearchRequest,
    ServiceProviderConfig,
)

from api.scim.resources import Group, ScimUser

Model = type[BaseModel]

AnyFound = ListResponse[Union[ScimUser, Group]]  # noqa: UP007 - the library asks for a Union


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint below ``/scim/v2/{connection}``."""

    method: str
    path: str
    does: str
    takes: Model | None = None
    gives: Model | None = None
    status: int = 200
    searches: bool = False
    shapes: bool = False


def _of_type(name: str, path: str, model: Any) -> tuple[Endpoint, ...]:
    one = f"{path}/{{id}}"
    found = ListResponse[model]
    return (
        Endpoint("GET", path, f"Search {name}s", gives=found, searches=True),
        Endpoint("POST", path, f"Create a {name}", model, model, status=201, shapes=True),
        Endpoint("POST", f"{path}/.search", f"Search {name}s by POST", SearchRequest[model], found),
        Endpoint("GET", one, f"Read a {name}", gives=model, shapes=True),
        Endpoint("PUT", one, f"Replace a {name}", model, model, shapes=True),
        Endpoint("PATCH", one, f"Modify a {name}", PatchOp[model], model, shapes=True),
        Endpoint("DELETE", one, f"Delete a {name}", status=204),
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    *_of_type("User", "/Users", ScimUser),
    *_of_type("Group", "/Groups", Group),
    Endpoint("GET", "/", "Search everything", gives=AnyFound, searches=True),
    Endpoint("POST", "/.search", "Search everything by POST", SearchRequest[ScimUser], AnyFound),
    Endpoint(
        "GET", "/ServiceProviderConfig", "Read what is supported", gives=ServiceProviderConfig
    ),
    Endpoint("GET", "/ResourceTypes", "List resource types", gives=ListResponse[ResourceType]),
    Endpoint("GET", "/ResourceTypes/{id}", "Read a resource type", gives=ResourceType),
    Endpoint("GET", "/Schemas", "List schemas", gives=ListResponse[Schema]),
    Endpoint("GET", "/Schemas/{id}", "Read a schema", gives=Schema),
    *(
        Endpoint(method, "/Me", "Not supported", status=501)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
)
