"""Which names does a request have? Its path, query and body have the documented ones.

A use case knows a value by a name of its own, and a request may have it under another name: the
error about an ``identity`` is, where a body lists ``identities``, about these. No error names a
field that its request does not have.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api.admin.http.errors import InvalidRequest, WrongField

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("assigned_to", "to"),
    "identity": ("identities", "person"),
    "person": ("deactivate",),
    "portal": ("account",),
    "serial": ("device",),
}
"""The names of requests under which they may have a value that use cases know by another one."""

OF_EVERY_REQUEST = frozenset({"Authorization", "Idempotency-Key", "body"})
"""The names that any request has beside those of its operation."""


def refuse_unknown_query(request: Request) -> None:
    """Refuse a request with a parameter that its operation does not have.

    A misspelt filter would be ignored otherwise, and all be listed, or changed.

    :raises InvalidRequest: when there is such a parameter; it is named.
    """
    known = {*_in_query(_route_of(request).dependant)}
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        takes = f"is no parameter here; there are {', '.join(sorted(known))}"
        told = takes if known else "is no parameter here, where there are none"
        raise InvalidRequest([WrongField(name, told) for name in unknown])


def names_of(route: APIRoute) -> Collection[str]:
    """Return the names that a request to a route has in path, query and body."""
    body = (field for part in _parts(route.dependant) for field in part.body_params)
    in_body = {name for field in body for name in _fields_of(field.field_info.annotation)}
    in_path = {field.alias for part in _parts(route.dependant) for field in part.path_params}
    return in_body | in_path | {*_in_query(route.dependant)}


def name_in(names: Collection[str], field: str | None) -> str | None:
    """Return the name under which a request has a field of an error, None where it has none.

    :param names: the names of the request.
    """
    if field is None or field in names or field in OF_EVERY_REQUEST:
        return field
    return next((name for name in OTHER_NAMES.get(field, ()) if name in names), None)


def _route_of(request: Request) -> APIRoute:
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    return route


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    """Yield a route's own needs, and those of its dependencies."""
    yield dependant
    for each in dependant.dependencies:
        yield from _parts(each)


def _in_query(dependant: Dependant) -> Iterator[str]:
    return (field.alias for part in _parts(dependant) for field in part.query_params)


def _fields_of(annotation: Any) -> Collection[str]:
    """Return the fields of a body, which may be left out as a whole."""
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each.model_fields.keys()
    return ()
