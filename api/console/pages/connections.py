"""Which page has a connection? It shows the connection, its address, and links to its changes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.console.connection_views import connection_view
from api.console.visit import visit_of


async def connection(request: Request) -> Response:
    """Show a connection."""
    visit = visit_of(request)
    view = await connection_view(visit, visit.named("connection"))
    return visit.page(
        "connection.html", workspace=view.connection.workspace, section="/workspace", view=view
    )


ROUTES = (Route("/connections/{connection}", connection),)
