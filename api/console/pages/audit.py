"""Which page has the audit log? It lists the changes, each with its actor and what was before."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.named_changes import page_changes
from api.console.changes import told_actor, told_change, told_subject
from api.console.differences import differences
from api.console.visit import visit_of

ON_A_PAGE = 20
"""Changes on a page, which stays small even if each of them is of a long mapping."""

TOLD: dict[str, Any] = {
    "differences": differences,
    "told_actor": told_actor,
    "told_change": told_change,
    "told_subject": told_subject,
}
"""How templates put changes into words."""


async def audit(request: Request) -> Response:
    """Show the changes of a workspace, or of one connection, the latest first."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    connection, place = visit.asked("connection"), visit.place()
    page = await page_changes(
        visit.it,
        visit.actor,
        workspace,
        connection or None,
        after=place.after,
        most=ON_A_PAGE,
    )
    return visit.page(
        "audit.html",
        workspace=workspace,
        section="/audit",
        connections=await visit.connections(workspace),
        connection=connection,
        changes=page.items,
        pages=visit.pager(page),
        **TOLD,
    )


ROUTES = (Route("/audit", audit),)
