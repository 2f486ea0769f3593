"""Which parameters has an endpoint? It has those of path, searches, shapes and versions."""

from collections.abc import Mapping
from typing import Any

from api.scim.http.endpoints import Endpoint
from api.scim.http.openapi.example_answers import ADA, CONNECTION, USER, WEAVERS
from api.scim.http.openapi.provider_calls import FILTERS

PATH_PARAMETERS = {
    "connection": "The connection, as its base URL names it",
    "id": "The id of the resource",
}
SEARCH_PARAMETERS = {
    "filter": "Which resources are wanted (RFC 7644 section 3.4.2.2)",
    "sortBy": "The attribute by which they are sorted (section 3.4.2.3)",
    "sortOrder": "`ascending` or `descending`",
    "startIndex": "The number of the first resource of the page, from 1",
    "count": "The size of the page, at most `maxResults` of `/ServiceProviderConfig`",
    "cursor": "The `nextCursor` of the page before; empty for the first page (RFC 9865)",
}
SHAPE_PARAMETERS = {
    "attributes": "Names of the only attributes to return, with commas",
    "excludedAttributes": "Names of attributes to leave out, with commas",
}
VERSION_HEADERS = {
    "GET": {"If-None-Match": "Versions that are known already; answered with 304"},
    "PUT": {"If-Match": "The version that is to be changed"},
    "PATCH": {"If-Match": "The version that is to be changed"},
    "DELETE": {"If-Match": "The version that is to be deleted"},
}
"""The parameters of each kind, with their descriptions."""

INTEGERS = {"startIndex", "count"}

IDS = {
    "/Users/{id}": ADA,
    "/Groups/{id}": WEAVERS,
    "/ResourceTypes/{id}": "User",
    "/Schemas/{id}": USER,
}
"""An id that each path may have."""


def parameters_of(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Return the parameters of an endpoint."""
    in_query = SEARCH_PARAMETERS if endpoint.searches else {}
    return [
        *_parameters(endpoint, "path", _in_path(endpoint)),
        *_parameters(endpoint, "query", {**in_query, **_shaping(endpoint)}),
        *_parameters(endpoint, "header", _conditions(endpoint)),
    ]


def _in_path(endpoint: Endpoint) -> Mapping[str, str]:
    names = ["connection", "id"] if "{id}" in endpoint.path else ["connection"]
    return {name: PATH_PARAMETERS[name] for name in names}


def _shaping(endpoint: Endpoint) -> Mapping[str, str]:
    return SHAPE_PARAMETERS if endpoint.shapes or endpoint.searches else {}


def _conditions(endpoint: Endpoint) -> Mapping[str, str]:
    return VERSION_HEADERS[endpoint.method] if endpoint.versioned else {}


def _parameters(
    endpoint: Endpoint, place: str, descriptions: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": place,
            "description": text,
            "schema": {"type": "integer" if name in INTEGERS else "string"},
            **({"required": True} if place == "path" else {}),
            **_examples(endpoint.path, name),
        }
        for name, text in descriptions.items()
    ]


def _examples(path: str, name: str) -> dict[str, Any]:
    match name:
        case "connection":
            return {"example": CONNECTION}
        case "id":
            return {"example": IDS[path]}
        case "filter" if path in FILTERS:
            return {"examples": FILTERS[path]}
        case _:
            return {}
