"""Which routes has the audit log? Its changes are listed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.audit import Outcome
from api.admin.http.asked import By
from api.admin.http.models import Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.list_audit import list_changes
from contracts.downstream.pages import Page

router = APIRouter(prefix="/audit", tags=["audit"])

CHANGE = {
    "number": 17,
    "at": "2026-11-26T20:00:00Z",
    "actor": "admin:9b1d04c2aa30",
    "workspace": "acme",
    "connection": "acme-store",
    "action": "connections.pause",
    "subject": None,
    "outcome": "done",
    "before": {"state": "live"},
    "after": {"state": "paused"},
    "correlation_id": "6f1c0e",
}


class ChangeShown(Shown):
    """A change that an administrator made, or began: who, what, when, before and after."""

    model_config = with_examples(CHANGE)

    number: int
    at: Time
    actor: str
    workspace: str | None
    connection: str | None
    action: str
    subject: str | None
    outcome: Outcome = Field(
        description="`begun`: a change of several steps, made unless a later row says `failed`."
    )
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    correlation_id: str


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    workspace: Annotated[str | None, Query(description="Only those of this one.")] = None,
    connection: Annotated[str | None, Query(description="Only those of this one.")] = None,
) -> PageOf[ChangeShown]:
    """List the changes that were made, the latest first; of one workspace, where that is all."""
    if workspace is None and connection is None:
        workspace = by.actor.workspace
    (before,) = paging.after or (None,)
    found = await list_changes(
        by.it,
        by.actor,
        workspace=workspace,
        connection=connection,
        before=None if before is None else int(before),
        most=paging.most + 1,
    )
    page = Page.of([(change, (change.number,)) for change in found], paging.most)
    return paging.shown(page, ChangeShown.model_validate)
