"""Which pages have workspaces? A page lists them; visitors of a single one come to it at once."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.workspaces import list_workspaces
from api.console.visit import visit_of


async def workspaces(request: Request) -> Response:
    """List the workspaces, or lead to the only one."""
    visit = visit_of(request)
    every = await list_workspaces(visit.it, visit.actor)
    if len(every) == 1:
        return visit.redirect(visit.url("/workspace", workspace=every[0].workspace))
    return visit.page("workspaces.html", workspace=None, every=every)


ROUTES = (Route("/", workspaces),)
