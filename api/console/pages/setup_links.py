"""Which pages have set-up links? Administrators make them and end them, on a connection's page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.connection_states import show_connection
from api.admin.setup_links import create_setup_link, list_setup_links, revoke_setup_link
from api.console.address import origin_of
from api.console.visit import visit_of
from api.errors import UnusableSetupLink

DAY = 24 * 3_600_000_000
"""Microseconds."""

DAYS = {"1", "7", "30"}
"""After how many days a link may end. Any other number means a week."""


async def create(request: Request) -> Response:
    """Make a link, which the next page shows once."""
    visit = visit_of(request)
    connection, days = visit.named("connection"), visit.form.text("days")
    ends = visit.it.clock() + int(days) * DAY if days in DAYS else None
    made = await create_setup_link(visit.it, visit.actor, connection, ends)
    origin = origin_of(request, visit.it.console_url)
    link = f"{origin}{visit.url(f'/set-up/{made.secret}')}"
    told = "The set-up link is made. Copy it now: it is not shown again."
    return visit.redirect(visit.url(f"/connections/{connection}"), told, link=link)


async def ask_to_revoke(request: Request) -> Response:
    """Tell what ends with a link."""
    visit = visit_of(request)
    visit.actor.check(Power.OWN)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    links = await list_setup_links(visit.it, visit.actor, found.id)
    link = next((each for each in links if each.id == visit.named("link")), None)
    if link is None:
        raise UnusableSetupLink
    return visit.page(
        "revoke_setup_link.html",
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        link=link,
    )


async def revoke(request: Request) -> Response:
    """End a link, and the session that it has begun."""
    visit = visit_of(request)
    connection = visit.named("connection")
    await revoke_setup_link(visit.it, visit.actor, connection, visit.named("link"))
    return visit.redirect(visit.url(f"/connections/{connection}"), "The set-up link has ended.")


ROUTES = (
    Route("/connections/{connection}/setup-links", create, methods=["POST"]),
    Route("/connections/{connection}/setup-links/{link}/revoke", ask_to_revoke),
    Route("/connections/{connection}/setup-links/{link}/revoke", revoke, methods=["POST"]),
)
