"""Which routes have failures? They are listed, counted by kind, and tried again."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.failures import FailureFilter, group_failures, list_failures, retry_failures
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.http.shown_leavers import PublishedShown, published
from contracts.downstream.failures import Kind, ListedFailure
from contracts.downstream.pages import Key

router = APIRouter(prefix="/failures", tags=["failures"])

FAILURE = {
    "connection": "acme-store",
    "identity": "2819c223",
    "kind": "exhausted",
    "message": "OperationalError",
    "version": 1795723200000000,
    "attempts": 6,
    "first_at": "2026-11-26T20:00:00Z",
    "last_at": "2026-11-26T20:05:00Z",
    "correlation_id": "6f1c0e",
}
GROUP = {"identities": 3} | {
    name: FAILURE[name] for name in ("kind", "message", "first_at", "last_at")
}


class FailureShown(Shown):
    """An identity whose event could not be published or applied."""

    model_config = with_examples(FAILURE)

    connection: str
    identity: str
    kind: str
    message: str
    version: int
    attempts: int
    first_at: Time
    last_at: Time
    correlation_id: str = Field(description="That of the request, by which the logs tell more.")


class FailureGroupShown(Shown):
    """All failures of one kind with one message."""

    model_config = with_examples(GROUP)

    kind: str
    message: str
    identities: int
    first_at: Time
    last_at: Time


class RetryWanted(Body):
    """A selection of failures to be tried again; a field left out selects any."""

    model_config = with_examples({"connection": "acme-store"})

    kind: Kind | None = None
    connection: str | None = None
    identity: str | None = None


OfKind = Annotated[Kind | None, Query(description="Only those of this kind.")]
OfConnection = Annotated[str | None, Query(description="Only those of this connection.")]
OfIdentity = Annotated[str | None, Query(description="Only that of this SCIM user.")]


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    kind: OfKind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
) -> PageOf[FailureShown]:
    """List the failures, the latest first. An administrator of one workspace names a connection."""
    found = await list_failures(by.it, by.actor, FailureFilter(kind, connection, identity))
    return paging.shown(paging.of_all(found, _latest_first), FailureShown.model_validate)


@router.get("/groups")
async def groups(by: By) -> list[FailureGroupShown]:
    """Count the failures by kind and message. Takes an operator."""
    found = await group_failures(by.it, by.actor)
    return [FailureGroupShown.model_validate(group) for group in found]


@router.post("/retry")
async def retry(by: By, wanted: RetryWanted | None = None) -> PublishedShown:
    """Publish the newest state of failed identities again; a success ends the failure.

    People are left alone whose failed event is newer than the directory knows, which may have been
    a leaving.
    """
    wanted = wanted or RetryWanted()
    meant = FailureFilter(wanted.kind, wanted.connection, wanted.identity)
    return published(await retry_failures(by.it, by.actor, meant))


def _latest_first(failure: ListedFailure) -> Key:
    return (-failure.last_at, failure.connection, failure.identity, failure.kind)
