"""Which pages have groups? A page lists them with their roles, another has a group's members."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.connections import list_connections
from api.admin.groups import page_groups, show_group
from api.admin.remedies import REMEDIES
from api.console.visit import visit_of
from api.errors import UnknownGroup
from contracts.portals import PORTALS

MOST = 50
"""Groups, or members, of a page."""


async def groups(request: Request) -> Response:
    """List the groups of a workspace, or of one connection."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    connection, it, actor = visit.asked("connection") or None, visit.it, visit.actor
    after = visit.place().after
    page = await page_groups(it, actor, workspace, connection=connection, after=after, most=MOST)
    return visit.page(
        "groups.html",
        workspace=workspace,
        section="/groups",
        page=page,
        pages=visit.pager(page),
        connection=connection,
        connections=await list_connections(it, actor, workspace),
        portals=PORTALS,
    )


async def group(request: Request) -> Response:
    """Show a group with its members."""
    visit = visit_of(request)
    connection, id_ = visit.named("connection"), visit.named("group")
    after = visit.place().after
    try:
        found = await show_group(visit.it, visit.actor, connection, id_, after=after, most=MOST)
    except UnknownGroup as error:
        told = {"detail": str(error), "remedy": REMEDIES[error.code]}
        return visit.page("problem.html", 404, title="Not found", **told)
    return visit.page(
        "group.html",
        workspace=found.connection.workspace,
        section="/groups",
        group=found,
        pages=visit.pager(found.members),
        has_roles=PORTALS[found.connection.portal].has_roles,
    )


ROUTES = (
    Route("/groups", groups),
    Route("/groups/{connection}/{group}", group),
)
