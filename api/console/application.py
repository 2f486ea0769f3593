"""Of what is the console made? It has pages behind a doorway, and files that browsers may keep."""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from api.admin.administration import Administration
from api.admin.http.access import Access
from api.console.doorway import Doorway
from api.console.pages import (
    activity,
    audit,
    conflicts,
    connections,
    deletion,
    device,
    devices,
    groups,
    held,
    locks,
    new_connection,
    overview,
    people,
    person,
    policies,
    problems,
    providers,
    rules,
    setting_up,
    setup_links,
    sign_in,
    states,
    tokens,
    workspaces,
)
from api.console.rendering import static_file
from api.console.sessions import Sessions

PREFIX = "/console"
"""The path that the paths of all pages begin with."""

STATIC = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "mark.svg": "image/svg+xml",
}
"""The files that pages refer to, with their media types."""

KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
"""URLs of files change with the files."""

PUBLIC = ("/static/", "/sign-in", "/set-up/")
SETTING_UP = ("/setting-up", "/sign-out")

PAGES = (
    sign_in,
    workspaces,
    overview,
    new_connection,
    connections,
    providers,
    tokens,
    setup_links,
    setting_up,
    people,
    person,
    locks,
    groups,
    activity,
    audit,
    rules,
    states,
    deletion,
    held,
    devices,
    device,
    policies,
    problems,
    conflicts,
)
"""The modules with pages, whose ``ROUTES`` are looked through in this order."""


def create_console(
    it: Administration, access: Access, on_change: Callable[[], None] = lambda: None
) -> ASGIApp:
    """Return the application, to be mounted at ``PREFIX``.

    :param on_change: called after each form that may have marked identities.
    """
    pages = Router(
        [
            Route("/static/{name}", static),
            *(route for module in PAGES for route in module.ROUTES),
        ],
        redirect_slashes=False,
    )
    return Doorway(pages, it, Sessions(it, access), PUBLIC, SETTING_UP, on_change)


async def static(request: Request) -> Response:
    """Answer with a file."""
    name = request.path_params["name"]
    if name not in STATIC:
        raise HTTPException(404)
    return Response(static_file(name), media_type=STATIC[name], headers=KEPT)
