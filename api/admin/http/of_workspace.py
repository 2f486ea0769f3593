"""Which workspace is a request about? A query names it, or else it is the only one of the actor."""

from typing import Annotated

from fastapi import Depends, Query

from api.admin.http.asked import By
from api.admin.http.errors import InvalidRequest, WrongField


def _workspace(
    by: By,
    workspace: Annotated[
        str | None,
        Query(description="The workspace; it may be left out with a token that reaches one only."),
    ] = None,
) -> str:
    named = workspace or by.actor.workspace
    if named is None:
        raise InvalidRequest([WrongField("workspace", "Field required")])
    return named


OfWorkspace = Annotated[str, Depends(_workspace)]
"""A parameter of a route that is about a single workspace. Names do not lie in paths: they may hold
slashes, which proxies treat each in its own way."""
