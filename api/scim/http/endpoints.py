"""Which SCIM endpoints are there? A table has an entry for each, with the schemas of its bodies."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

BODY = {400, 408, 413, 415}
"""The statuses of errors in a body."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method on a path below ``/scim/v2/{connection}`` (RFC 7644 section 3.2).

    ``does`` is the summary, and ``tells`` the description; ``takes`` and ``gives`` are the schemas
    of the bodies, by their names in the OpenAPI document. ``refuses`` are the statuses of errors
    besides 401, 403, 429 and 503, which any endpoint may answer. ``searches`` adds the parameters
    of searches, ``shapes`` those that choose attributes, and ``versioned`` the headers with
    conditions.
    """

    method: str
    path: str
    tag: str
    does: str
    takes: str | None = None
    gives: str | None = None
    status: int = 200
    refuses: AbstractSet[int] = frozenset()
    searches: bool = False
    shapes: bool = False
    versioned: bool = False
    tells: str = ""

    @property
    def name(self) -> str:
        """Return the name of the operation in metrics and logs."""
        return self.does.lower().replace(" a ", " ").replace(" ", "_")

    @property
    def operation_id(self) -> str:
        """Return the name of the operation in the OpenAPI document, where it has to be unique."""
        return f"{self.method.lower()}_me" if self.path == "/Me" else self.name


def _of_type(name: str, leaving: str) -> tuple[Endpoint, ...]:
    tag, path, one = f"{name}s", f"/{name}s", f"/{name}s/{{id}}"
    new, found = f"New{name}", f"{name}List"
    creating = BODY | {409}
    reading: AbstractSet[int] = {400, 404}
    return (
        Endpoint("GET", path, tag, f"Search {name}s", gives=found, refuses={400}, searches=True),
        Endpoint("POST", path, tag, f"Create a {name}", new, name, 201, creating, shapes=True),
        Endpoint(
            "POST",
            f"{path}/.search",
            tag,
            f"Search {name}s by POST",
            "SearchRequest",
            found,
            refuses=BODY,
            tells="The same search, with parameters that do not stand in the URL.",
        ),
        Endpoint(
            "GET",
            one,
            tag,
            f"Read a {name}",
            gives=name,
            refuses=reading,
            shapes=True,
            versioned=True,
        ),
        _changing("PUT", tag, f"Replace a {name}", new, "What the body does not name is removed."),
        _changing("PATCH", tag, f"Modify a {name}", "PatchOp", "What no operation names stays."),
        Endpoint(
            "DELETE",
            one,
            tag,
            f"Delete a {name}",
            status=204,
            refuses={404, 412},
            versioned=True,
            tells=leaving,
        ),
    )


def _changing(method: str, tag: str, does: str, takes: str, tells: str) -> Endpoint:
    return Endpoint(
        method,
        f"/{tag}/{{id}}",
        tag,
        does,
        takes,
        tag.removesuffix("s"),
        refuses=BODY | {404, 409, 412},
        shapes=True,
        versioned=True,
        tells=tells,
    )


def _discovery(path: str, does: str, gives: str) -> Endpoint:
    refuses: AbstractSet[int] = {404} if "{id}" in path else frozenset()
    return Endpoint("GET", path, "Discovery", does, gives=gives, refuses=refuses)


ENDPOINTS: tuple[Endpoint, ...] = (
    *_of_type("User", "The person is a leaver, to whom the rules of the connection apply."),
    *_of_type("Group", "Its members stay, and have no role by it any more."),
    Endpoint(
        "GET",
        "/",
        "Everything",
        "Search everything",
        gives="ResourceList",
        refuses={400},
        searches=True,
    ),
    Endpoint(
        "POST",
        "/.search",
        "Everything",
        "Search everything by POST",
        "SearchRequest",
        "ResourceList",
        refuses=BODY,
    ),
    Endpoint(
        "POST",
        "/Bulk",
        "Everything",
        "Run many operations",
        "BulkRequest",
        "BulkResponse",
        refuses=BODY,
    ),
    _discovery("/ServiceProviderConfig", "Read what is supported", "ServiceProviderConfig"),
    _discovery("/ResourceTypes", "List resource types", "ResourceTypeList"),
    _discovery("/ResourceTypes/{id}", "Read a resource type", "ResourceType"),
    _discovery("/Schemas", "List schemas", "SchemaList"),
    _discovery("/Schemas/{id}", "Read a schema", "Schema"),
    *(
        Endpoint(method, "/Me", "Me", "Not supported", status=501)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
)
