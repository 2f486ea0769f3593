"""What does an endpoint take and answer? Its operation lists bodies, parameters and errors."""

from http import HTTPStatus
from typing import Any

from scim2_server.responses import SCIM_MEDIA_TYPE

from api.scim.http.endpoints import Endpoint
from api.scim.http.openapi.error_answers import COMMON_ERRORS, error_answer
from api.scim.http.openapi.parameters import parameters_of
from api.scim.http.openapi.provider_calls import BODIES
from api.scim.http.openapi.references import reference_to

BEARER_SCHEME = "token"

ETAG = {"ETag": {"description": "The version of the resource", "schema": {"type": "string"}}}
LOCATION = {"Location": {"description": "The URL of the resource", "schema": {"type": "string"}}}


def operation_of(endpoint: Endpoint) -> dict[str, Any]:
    """Return the parts of an endpoint's operation that FastAPI does not know."""
    operation: dict[str, Any] = {
        "description": endpoint.tells or f"{endpoint.does}.",
        "parameters": parameters_of(endpoint),
        "responses": _responses(endpoint),
        "security": [{BEARER_SCHEME: []}],
    }
    if endpoint.takes is not None:
        content = _content(endpoint.takes)
        if endpoint.operation_id in BODIES:
            content[SCIM_MEDIA_TYPE]["examples"] = BODIES[endpoint.operation_id]
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses = {
        str(status): error_answer(status) for status in sorted({*endpoint.refuses, *COMMON_ERRORS})
    }
    if endpoint.status >= HTTPStatus.BAD_REQUEST:
        responses[str(endpoint.status)] = error_answer(endpoint.status)
        return responses
    responses[str(endpoint.status)] = _success(endpoint)
    if endpoint.method == "PATCH":
        responses["204"] = {"description": "Done, and there is nothing to show", "headers": ETAG}
    if endpoint.method == "GET" and endpoint.versioned:
        responses["304"] = {"description": "The version is known already", "headers": ETAG}
    return dict(sorted(responses.items()))


def _success(endpoint: Endpoint) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.gives is not None:
        answer["content"] = _content(endpoint.gives)
    headers = ETAG if endpoint.shapes and not endpoint.searches else {}
    if endpoint.status == HTTPStatus.CREATED:
        headers = headers | LOCATION
    return answer | ({"headers": headers} if headers else {})


def _content(schema: str) -> dict[str, Any]:
    return {SCIM_MEDIA_TYPE: {"schema": reference_to(schema)}}
