"""Which routes have workspaces? They are listed."""

from fastapi import APIRouter
from pydantic import Field

from api.admin.http.asked import By
from api.admin.http.models import Shown, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.workspaces import list_workspaces

router = APIRouter(prefix="/workspaces", tags=["workspaces"])


class WorkspaceShown(Shown):
    """A customer of the platform."""

    model_config = with_examples({"workspace": "acme", "connections": 2})

    workspace: str
    connections: int = Field(description="The number of its connections.")


@router.get("")
async def list_(by: By, paging: Paged) -> PageOf[WorkspaceShown]:
    """List the workspaces, in the order of their names."""
    found = await list_workspaces(by.it, by.actor)
    page = paging.of_all(found, lambda each: (each.workspace,))
    return paging.shown(page, WorkspaceShown.model_validate)
