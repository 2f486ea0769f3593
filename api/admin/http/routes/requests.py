"""Which routes has the request log? A connection's requests are listed, with remedies."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from api.admin.http.asked import By
from api.admin.http.models import Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.requests import WantedRequests, list_requests
from contracts.clock import microseconds_of
from contracts.downstream.pages import Page

router = APIRouter(prefix="/connections/{connection}/requests", tags=["requests"])

REQUEST = {
    "number": 4711,
    "at": "2026-11-26T20:00:00Z",
    "method": "POST",
    "path": "/Users",
    "resource": None,
    "status": 409,
    "code": "uniqueness",
    "detail": "userName is already taken",
    "remedy": "Another user or group of this connection has this name already: …",
    "seconds": 0.004,
    "correlation_id": "6f1c0e",
    "address": "192.0.2.7",
}


class RequestShown(Shown):
    """A request of a provider and its answer, without personal values."""

    model_config = with_examples(REQUEST)

    number: int
    at: Time
    method: str
    path: str = Field(description="Below the base URL; an ellipsis stands for what is masked.")
    resource: str | None = Field(description="The id of the user or group that it named or made.")
    status: int
    code: str | None = Field(description="The name of the error, if the request was refused.")
    detail: str | None
    remedy: str | None = Field(description="How to mend the error.")
    seconds: float
    correlation_id: str
    address: str | None


@router.get("")
async def list_(
    connection: str,
    by: By,
    paging: Paged,
    errors: Annotated[bool, Query(description="Only those that were refused.")] = False,
    since: Annotated[AwareDatetime | None, Query(description="Only since then.")] = None,
    resource: Annotated[str | None, Query(description="Only of this user or group.")] = None,
) -> PageOf[RequestShown]:
    """List the requests of a provider of the last seven days, the latest first."""
    (before,) = paging.after or (None,)
    found = await list_requests(
        by.it,
        by.actor,
        connection,
        WantedRequests(errors, None if since is None else microseconds_of(since), resource),
        before=None if before is None else int(before),
        most=paging.most + 1,
    )
    page = Page.of([(request, (request.number,)) for request in found], paging.most)
    return paging.shown(page, RequestShown.model_validate)
