"""Did Muster send an answer, or something in front of it? Muster repeats the correlation id. Pure.

A proxy may drop that header. Then the form of an error of SCIM tells it.
"""

import json

from api.http.correlation import CORRELATION_HEADER
from deploy.doctor.http_calls import Answer, Silence

SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SCIM_MEDIA_TYPE = "application/scim+json"

GIVEN_AND_WRONG = 'error="invalid_token"'
"""The part of Muster's challenge that tells that a token was sent (RFC 6750 section 3)."""


def is_from_muster(answer: Answer | Silence, correlation_id: str) -> bool:
    """Return whether Muster itself has answered a request with this correlation id."""
    if isinstance(answer, Silence):
        return False
    if answer.headers.get(CORRELATION_HEADER.lower()) == correlation_id:
        return True
    return is_scim_error(answer)


def is_scim_error(answer: Answer) -> bool:
    """Return whether an answer is an error in the form of SCIM (RFC 7644 section 3.12)."""
    if not answer.headers.get("content-type", "").startswith(SCIM_MEDIA_TYPE):
        return False
    try:
        return SCIM_ERROR in json.loads(answer.body)["schemas"]
    except (ValueError, KeyError, TypeError):
        return False


def refuses_a_token(answer: Answer) -> bool:
    """Return whether an answer of Muster says that a token was sent, and is not right."""
    return GIVEN_AND_WRONG in answer.headers.get("www-authenticate", "")
