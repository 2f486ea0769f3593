"""Which SCIM endpoints are there? A table has an entry for each, with the models of its bodies."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Union

from pydantic import BaseModel
from scim2_models import (
    BulkRequest,
    BulkResponse,
    ListResponse,
    PatchOp,
    ResourceType,
    Schema,
    SearchRequest,
    ServiceProviderConfig,
)

from api.scim.protocol.resources import Group, ScimUser

Model = type[BaseModel]

UserOrGroup = Union[ScimUser, Group]  # noqa: UP007 - the library asks for a Union

BODY = {400, 408, 413, 415}
"""The statuses of errors in a body."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method on a path below ``/scim/v2/{connection}`` (RFC 7644 section 3.2).

    ``does`` is the summary; ``takes`` and ``gives`` are the models of the bodies. ``refuses`` are
    the statuses of errors besides 401, 429 and 503, which any endpoint may answer. ``searches``
    adds the parameters of searches, ``shapes`` those that choose attributes, and ``versioned`` the
    headers with conditions.
    """

    method: str
    path: str
    does: str
    takes: Model | None = None
    gives: Model | None = None
    status: int = 200
    refuses: AbstractSet[int] = frozenset()
    searches: bool = False
    shapes: bool = False
    versioned: bool = False

    @property
    def name(self) -> str:
        """The name of the operation in metrics, logs and the OpenAPI document."""
        return self.does.lower().replace(" a ", " ").replace(" ", "_")


def _of_type(name: str, path: str, model: Any) -> tuple[Endpoint, ...]:
    one = f"{path}/{{id}}"
    found = ListResponse[model]
    search = SearchRequest[model]
    return (
        Endpoint("GET", path, f"Search {name}s", gives=found, refuses={400}, searches=True),
        Endpoint(
            "POST", path, f"Create a {name}", model, model, 201, refuses=BODY | {409}, shapes=True
        ),
        Endpoint("POST", f"{path}/.search", f"Search {name}s by POST", search, found, refuses=BODY),
        Endpoint(
            "GET",
            one,
            f"Read a {name}",
            gives=model,
            refuses={400, 404},
            shapes=True,
            versioned=True,
        ),
        _changing("PUT", one, f"Replace a {name}", model, model),
        _changing("PATCH", one, f"Modify a {name}", PatchOp[model], model),
        Endpoint("DELETE", one, f"Delete a {name}", status=204, refuses={404, 412}, versioned=True),
    )


def _changing(method: str, path: str, does: str, takes: Model, gives: Model) -> Endpoint:
    refuses = BODY | {404, 409, 412}
    return Endpoint(method, path, does, takes, gives, refuses=refuses, shapes=True, versioned=True)


ENDPOINTS: tuple[Endpoint, ...] = (
    *_of_type("User", "/Users", ScimUser),
    *_of_type("Group", "/Groups", Group),
    Endpoint(
        "GET",
        "/",
        "Search everything",
        gives=ListResponse[UserOrGroup],
        refuses={400},
        searches=True,
    ),
    Endpoint(
        "POST",
        "/.search",
        "Search everything by POST",
        SearchRequest[ScimUser],
        ListResponse[UserOrGroup],
        refuses=BODY,
    ),
    Endpoint(
        "POST",
        "/Bulk",
        "Run many operations",
        BulkRequest[UserOrGroup],
        BulkResponse[UserOrGroup],
        refuses=BODY,
    ),
    Endpoint(
        "GET",
        "/ServiceProviderConfig",
        "Read what is supported",
        gives=ServiceProviderConfig,
        refuses={403},
    ),
    Endpoint(
        "GET",
        "/ResourceTypes",
        "List resource types",
        gives=ListResponse[ResourceType],
        refuses={403},
    ),
    Endpoint(
        "GET",
        "/ResourceTypes/{id}",
        "Read a resource type",
        gives=ResourceType,
        refuses={403, 404},
    ),
    Endpoint("GET", "/Schemas", "List schemas", gives=ListResponse[Schema], refuses={403}),
    Endpoint("GET", "/Schemas/{id}", "Read a schema", gives=Schema, refuses={403, 404}),
    *(
        Endpoint(method, "/Me", "Not supported", status=501)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
)
