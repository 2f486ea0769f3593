"""What does the OpenAPI document say of SCIM? Every endpoint lists its bodies and errors."""

from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi.utils import deep_dict_update
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from scim2_models import Error
from scim2_server.responses import SCIM_MEDIA_TYPE

from api.scim.http.endpoints import ENDPOINTS, Endpoint, Model

SCHEMA_REFERENCE = "#/components/schemas/{model}"

SEARCH_PARAMETERS = {
    "filter": "RFC 7644 section 3.4.2.2",
    "sortBy": "RFC 7644 section 3.4.2.3",
    "sortOrder": "ascending or descending",
    "startIndex": "From 1",
    "count": "At most maxResults",
    "cursor": "RFC 9865; empty for the first page",
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
PATH_PARAMETERS = {
    "connection": "The connection, as its base URL names it",
    "id": "The id of the resource",
}
"""The parameters of paths, with their descriptions."""

BEARER_SCHEME = "HTTPBearer"
SECURITY_SCHEMES = {
    BEARER_SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the connection",
    }
}

INTEGER_PARAMETERS = {"startIndex", "count"}
COMMON_ERRORS = {401, 429, 503}
"""The statuses that any endpoint may answer: the token is wrong, the connection asks for more than
its share, or the database is away."""


def openapi_of(endpoint: Endpoint) -> dict[str, Any]:
    """Return the arguments by which FastAPI names an endpoint without reading its bodies."""
    return {
        "name": endpoint.name,
        "summary": endpoint.does,
        "operation_id": _operation_id(endpoint),
    }


def describe_scim(document: dict[str, Any]) -> None:
    """Complete FastAPI's document with the bodies and errors of SCIM, and the authentication.

    Routes do not carry their descriptions, because most processes are never asked for them.
    """
    operations = {_operation_id(endpoint): endpoint for endpoint in ENDPOINTS}
    for methods in document["paths"].values():
        for operation in methods.values():
            endpoint = operations.get(operation["operationId"])
            if endpoint is not None:
                deep_dict_update(operation, _operation(endpoint))
    components = {"schemas": _models()[1], "securitySchemes": SECURITY_SCHEMES}
    document.setdefault("components", {}).update(components)


def _operation_id(endpoint: Endpoint) -> str:
    return f"scim_{endpoint.name}_{endpoint.method.lower()}"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "responses": _responses(endpoint),
        "security": [{BEARER_SCHEME: []}],
    }
    if endpoint.takes is not None:
        content = _content(endpoint.takes, "validation")
        operation["requestBody"] = {"required": True, "content": content}
    names = SHAPE_PARAMETERS if endpoint.shapes else {}
    if endpoint.searches:
        names = SEARCH_PARAMETERS | SHAPE_PARAMETERS
    headers = VERSION_HEADERS[endpoint.method] if endpoint.versioned else {}
    path_parameters = {
        name: PATH_PARAMETERS[name]
        for name in PATH_PARAMETERS
        if name != "id" or "{id}" in endpoint.path
    }
    operation["parameters"] = [
        *(_parameter(name, text, "path") for name, text in path_parameters.items()),
        *(_parameter(name, text, "query") for name, text in names.items()),
        *(_parameter(name, text, "header") for name, text in headers.items()),
    ]
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    errors = _content(Error, "serialization")
    responses: dict[str, Any] = {
        str(status): {"description": HTTPStatus(status).phrase, "content": errors}
        for status in sorted({*endpoint.refuses, *COMMON_ERRORS})
    }
    answer: dict[str, Any] = {"description": endpoint.does}
    if endpoint.gives is not None:
        answer["content"] = _content(endpoint.gives, "serialization")
    elif endpoint.status >= HTTPStatus.BAD_REQUEST:
        answer["content"] = errors
    responses[str(endpoint.status)] = answer
    if endpoint.method == "PATCH" and endpoint.gives is not None:
        responses["204"] = {"description": "Done, and nothing to show was asked for"}
    if endpoint.method == "GET" and endpoint.versioned:
        responses["304"] = {"description": "The version is known already"}
    return responses


def _content(model: Model, mode: JsonSchemaMode) -> dict[str, Any]:
    return {SCIM_MEDIA_TYPE: {"schema": _models()[0][model, mode]}}


def _parameter(name: str, description: str, location: str) -> dict[str, Any]:
    schema = {"type": "integer" if name in INTEGER_PARAMETERS else "string"}
    parameter = {"name": name, "in": location, "description": description, "schema": schema}
    return parameter | {"required": True} if location == "path" else parameter


@cache
def _models() -> tuple[dict[tuple[Any, JsonSchemaMode], Any], dict[str, Any]]:
    models: set[tuple[Model, JsonSchemaMode]] = {(Error, "serialization")}
    for endpoint in ENDPOINTS:
        if endpoint.takes is not None:
            models.add((endpoint.takes, "validation"))
        if endpoint.gives is not None:
            models.add((endpoint.gives, "serialization"))
    references, definitions = models_json_schema(
        sorted(models, key=str), ref_template=SCHEMA_REFERENCE
    )
    return dict(references), definitions["$defs"]
