"""Which route has the status? People are counted by state, workspace and connection."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.http.asked import By
from api.admin.http.models import Shown, with_examples
from api.admin.status import status_of
from contracts.rules import Portal

router = APIRouter(prefix="/status", tags=["status"])

COUNTS: dict[str, Any] = {
    "identities": 120,
    "pending": 2,
    "held": 0,
    "applied": 117,
    "waived": 0,
    "refused": 1,
    "failed": 0,
    "left": 0,
    "oldest_pending_seconds": 0.4,
    "refusals": {"conflict": 1},
    "failures": {},
}


class CountsShown(Shown):
    """People by sync state."""

    identities: int
    pending: int
    held: int
    applied: int
    waived: int = Field(description="People whose held loss was rejected; most are applied.")
    refused: int
    failed: int
    left: int = Field(description="People who have left downstream, unknown to the directory.")
    oldest_pending_seconds: float = Field(description="How long the oldest change has waited.")
    refusals: dict[str, int] = Field(description="Refused actions by their reasons.")
    failures: dict[str, int] = Field(description="Events that were given up, by their kinds.")


class WorkspaceCounted(Shown):
    """A workspace, with the counts of the people of all its connections."""

    workspace: str
    connections: int
    counts: CountsShown


class ConnectionCounted(Shown):
    """A connection, with the counts of its people."""

    connection: str
    workspace: str
    portal: Portal
    state: str
    counts: CountsShown


class StatusShown(Shown):
    """The people whom the caller reaches, by workspace and by connection."""

    model_config = with_examples(
        {
            "workspaces": [{"workspace": "acme", "connections": 1, "counts": COUNTS}],
            "connections": [
                {
                    "connection": "acme-store",
                    "workspace": "acme",
                    "portal": "store",
                    "state": "live",
                    "counts": COUNTS,
                }
            ],
        }
    )

    workspaces: list[WorkspaceCounted]
    connections: list[ConnectionCounted]


@router.get("")
async def show(
    by: By,
    workspace: Annotated[str | None, Query(description="Only of this workspace.")] = None,
) -> StatusShown:
    """Count people by state, with lag, refusals and failures, by workspace and by connection."""
    return StatusShown.model_validate(await status_of(by.it, by.actor, workspace))
