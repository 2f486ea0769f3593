"""How does an error look over HTTP? It is a problem (RFC 9457), with its code and its remedy."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError

from api.admin.http.errors import (
    InvalidRequest,
    MethodNotAllowed,
    ServerBusy,
    Unauthenticated,
    UnexpectedError,
    UnreadableBody,
    UnusableValue,
    WrongField,
)
from api.admin.http.request_names import name_in, names_of
from api.admin.remedies import REMEDIES
from api.errors import ApiError
from api.retries import is_away, is_conflict
from contracts.database_errors import code_of
from contracts.downstream.errors import DownstreamError
from contracts.error_summary import error_summary
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

PROBLEM_TYPE = "application/problem+json"

TYPES = "/problems/"
"""The beginning of the type of every problem, which is the path of its description."""


FIELD = re.compile("[a-z0-9_]{1,40}")
"""The form of names of fields and of numbers in a list. Others that are sent may be personal."""

OF_OBJECTS = {"model_attributes_type", "model_type", "dict_type"}
"""Types of errors of Pydantic that miss an object, which it calls a dictionary."""

OF_VALUES = "22"
"""The class of PostgreSQL's errors that values cause."""


class WrongFieldShown(BaseModel):
    """A field that the request has wrong, and what it takes."""

    field: str
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457). ``field`` is the value to change, the first one of several."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{TYPES}unknown_connection",
                    "title": "Unknown connection",
                    "status": 404,
                    "detail": "there is no connection 'acme-stroe'",
                    "code": "unknown_connection",
                    "remedy": REMEDIES["unknown_connection"],
                    "field": "connection",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="The name of the error, for programs.")
    remedy: str = Field(description="How to mend the error.")
    field: str | None = None
    errors: list[WrongFieldShown] | None = None


def problem_of(error: ApiError | DownstreamError, route: APIRoute | None = None) -> Problem:
    """Return the problem that tells of an error.

    :param route: the route of the request, whose names the problem uses for its fields.
    """
    field = error.field if route is None else name_in(names_of(route), error.field)
    wrong: Sequence[WrongField] = error.wrong if isinstance(error, InvalidRequest) else ()
    return Problem(
        type=f"{TYPES}{error.code}",
        title=title_of(error.code),
        status=error.status,
        detail=str(error),
        code=error.code,
        remedy=REMEDIES[error.code],
        field=wrong[0].field if wrong else field,
        errors=[WrongFieldShown(field=it.field, detail=it.detail) for it in wrong] or None,
    )


def title_of(code: str) -> str:
    """Return the title of a kind of problem."""
    return code.replace("_", " ").capitalize()


def answer_to(error: Exception, route: APIRoute | None = None) -> Response:
    """Return the answer to a request that failed, at a route or before."""
    told = foreseen(error)
    body = problem_of(told, route).model_dump_json(exclude_none=True)
    answer = Response(body, told.status, media_type=PROBLEM_TYPE)
    match told:
        case Unauthenticated():
            answer.headers["WWW-Authenticate"] = "Bearer"
        case MethodNotAllowed():
            answer.headers["Allow"] = told.allowed
        case ServerBusy():
            answer.headers["Retry-After"] = str(told.seconds)
        case _:
            pass  # nothing more is told in a header
    return answer


def foreseen(error: Exception) -> ApiError | DownstreamError:
    """Return the error that administrators are told.

    An unknown error is logged by its type and source location, never by its text, which may quote
    personal data.
    """
    match error:
        case ApiError() | DownstreamError():
            return error
        case RequestValidationError():
            return _invalid(error)
        case SQLAlchemyError() | OSError() if is_away(error) or is_conflict(error):
            LOG.warning("database_away", error=told_of(error))
            return ServerBusy()
        case UnicodeEncodeError():
            return UnusableValue()
        case SQLAlchemyError() if code_of(error).startswith(OF_VALUES):
            return UnusableValue()
        case _:
            LOG.error("admin_request_failed", **error_summary(error))
            return UnexpectedError()


def _invalid(error: RequestValidationError) -> ApiError:
    """Return the error that names the fields, without the values that the request had there."""
    found = error.errors()
    if any(it["type"] == "json_invalid" or isinstance(it.get("input"), bytes) for it in found):
        return UnreadableBody()  # bytes are left where the Content-Type is none of JSON
    return InvalidRequest([WrongField(_field_of(it["loc"]), _detail_of(it)) for it in found])


def _detail_of(found: Mapping[str, Any]) -> str:
    if found["loc"] == ("body",) and found["type"] in OF_OBJECTS:
        return "Input should be a JSON object"
    return str(found["msg"])


def _field_of(location: Sequence[str | int]) -> str:
    """Return the name of a field: where it is in the body, or the parameter's own name.

    An ellipsis stands for a part that can be no name of a field of Muster's.
    """
    place, *rest = (it if FIELD.fullmatch(it) else "…" for it in map(str, location))
    return ".".join(rest) if rest else place
