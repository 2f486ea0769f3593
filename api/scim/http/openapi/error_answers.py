"""What do errors mean, by their status? Each has a meaning here, and most have an example."""

from typing import Any

from scim2_server.responses import SCIM_MEDIA_TYPE

from api.scim.http.openapi.example_answers import MESSAGES
from api.scim.http.openapi.references import reference_to

COMMON_ERRORS = {401, 403, 429, 503}
"""The statuses that any endpoint may answer: the token is wrong, the connection is switched off or
asks for more than its share, or the database is away."""

WAITING = {429, 503}
"""The statuses after which the same request may succeed."""

MEANINGS = {
    400: "The request is wrong; `scimType` and `detail` say how",
    401: "The token does not open this connection",
    403: "The connection is switched off, or the endpoint takes no filter",
    404: "There is no such resource",
    408: "The body has not arrived in time",
    409: "The name is taken",
    412: "The resource has another version by now",
    413: "The body is too large",
    415: "The body is no JSON, by its type",
    429: "The connection asks for more than its share",
    501: "Not supported",
    503: "The database is away or busy, or the search takes too long",
}

DETAILS: dict[int, dict[str, str]] = {
    400: {
        "scimType": "invalidValue",
        "detail": "Field 'userName' is required but value is missing, null or empty",
    },
    401: {"detail": "Send a token of this connection in a header: Authorization: Bearer TOKEN"},
    404: {"detail": "User 'ada' not found"},
    409: {"scimType": "uniqueness", "detail": "userName is already taken"},
    429: {
        "detail": "This connection sends too much at once; wait, then send fewer in parallel",
    },
    503: {"detail": "The directory cannot answer just now; try again"},
}
"""The parts of the examples beside the status."""

RETRY_AFTER = {
    "Retry-After": {
        "description": "In how many seconds to try again",
        "schema": {"type": "string"},
    }
}


def error_answer(status: int) -> dict[str, Any]:
    """Return the description of answers with the status of an error."""
    example = {"schemas": [f"{MESSAGES}Error"], "status": str(status), **DETAILS.get(status, {})}
    content = {"schema": reference_to("Error"), "example": example}
    answer = {"description": MEANINGS[status], "content": {SCIM_MEDIA_TYPE: content}}
    return answer | ({"headers": RETRY_AFTER} if status in WAITING else {})
