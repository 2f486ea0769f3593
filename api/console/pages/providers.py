"""What is done at the provider? The page has steps, values to enter, and the provider's calls."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.connection_states import show_connection
from api.console.connection_views import calls_shown, provider_shown
from api.console.visit import visit_of


async def provider(request: Request) -> Response:
    """Show the steps."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    shown = await provider_shown(visit, found)
    return visit.page("provider.html", workspace=found.workspace, section="/workspace", **shown)


async def with_token(request: Request) -> Response:
    """Show the steps with the token that the page before has shown, once more and never again."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    chosen = {"for": visit.form.text("for")}
    url = visit.url(f"/connections/{found.id}/provider", **chosen)
    return visit.redirect(url, token=visit.form.text("token"))


async def calls(request: Request) -> Response:
    """Show the calls of the provider, which are fetched again until it is connected."""
    visit = visit_of(request)
    return visit.page("calls.html", **await calls_shown(visit, visit.named("connection")))


ROUTES = (
    Route("/connections/{connection}/provider", provider),
    Route("/connections/{connection}/provider", with_token, methods=["POST"]),
    Route("/connections/{connection}/calls", calls),
)
