"""What does the OpenAPI document say about SCIM? The models of each endpoint, and its errors."""

from functools import cache
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema
from scim2_models import Error
from scim2_server.responses import SCIM_MEDIA_TYPE

from api.scim.endpoints import ENDPOINTS, Endpoint, Model

REFERENCES = "#/components/schemas/{model}"

SEARCH_PARAMETERS = {
    "filter": "RFC 7644 section 3.4.2.2",
    "sortBy": "RFC 7644 section 3.4.2.3",
    "sortOrder": "ascending or descending",
    "startIndex": "From 1",
    "count": "At most maxResults",
}
SHAPE_PARAMETERS = {
    "attributes": "Names of the only attributes to return, with commas",
    "excludedAttributes": "Names of attributes to leave out, with commas",
}
NUMBERS = {"startIndex", "count"}


def described(endpoint: Endpoint) -> dict[str, Any]:
    """Return what FastAPI takes to describe an endpoint whose bodies it does not touch."""
    name = endpoint.does.lower().replace(" a ", " ").replace(" ", "_")
    return {
        "name": name,
        "summary": endpoint.does,
        "operation_id": f"scim_{name}_{endpoint.method.lower()}",
        "openapi_extra": _operation(endpoint),
    }


def scim_schemas() -> dict[str, Any]:
    """Return the schemas of all models, for the components of the document."""
    return _models()[1]


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "responses": {
            str(endpoint.status): _answer(endpoint),
            "default": {"description": "An error", "content": _content(Error, "serialization")},
        }
    }
    if endpoint.takes is not None:
        content = _content(endpoint.takes, "validation")
        operation["requestBody"] = {"required": True, "content": content}
    names = SHAPE_PARAMETERS if endpoint.shapes else {}
    if endpoint.searches:
        names = SEARCH_PARAMETERS | SHAPE_PARAMETERS
    operation["parameters"] = [_parameter(name, text) for name, text in names.items()]
    return operation


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.gives is None:
        return {"description": endpoint.does}
    return {
        "description": endpoint.does,
        "content": _content(endpoint.gives, "serialization"),
    }


def _content(model: Model, mode: JsonSchemaMode) -> dict[str, Any]:
    return {SCIM_MEDIA_TYPE: {"schema": _models()[0][model, mode]}}


def _parameter(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "integer" if name in NUMBERS else "string"}
    return {"name": name, "in": "query", "description": description, "schema": schema}


@cache
def _models() -> tuple[dict[tuple[Any, JsonSchemaMode], Any], dict[str, Any]]:
    models: set[tuple[Model, JsonSchemaMode]] = {(Error, "serialization")}
    for endpoint in ENDPOINTS:
        if endpoint.takes is not None:
            models.add((endpoint.takes, "validation"))
        if endpoint.gives is not None:
            models.add((endpoint.gives, "serialization"))
    references, definitions = models_json_schema(sorted(models, key=str), ref_template=REFERENCES)
    return dict(references), definitions["$defs"]
