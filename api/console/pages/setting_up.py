"""How does somebody without an account connect a provider? A link leads to one page alone.

Looking at the page of a link does not use it up: programs that scan mails follow links.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.admin.connection_states import show_connection
from api.admin.setup_links import link_with
from api.console.connection_views import calls_shown, provider_shown
from api.console.new_tokens import make_token
from api.console.rendering import rendered_alone
from api.console.visit import arrival_of, visit_of
from api.errors import ApiError, UnusableSetupLink


async def link(request: Request) -> Response:
    """Tell the purpose of a link."""
    arrival = arrival_of(request)
    try:
        found = await link_with(arrival.it, request.path_params["secret"])
    except UnusableSetupLink as error:
        return await _ended(request, error)
    return rendered_alone("set_up.html", request, found=found, now=arrival.it.clock())


async def begin(request: Request) -> Response:
    """Use a link up, and begin its one session."""
    arrival, link_secret = arrival_of(request), request.path_params["secret"]
    try:
        secret = await arrival.sessions.begin_with_link(link_secret, arrival.cookies.session)
    except UnusableSetupLink as error:
        return await _ended(request, error)
    answer = RedirectResponse(f"{arrival.root}/setting-up", 303)
    arrival.cookies.set_session(answer, secret)
    return answer


async def _ended(request: Request, error: ApiError) -> Response:
    """Tell that a link cannot be used; its user, who has a session by it, may go on."""
    arrival = arrival_of(request)
    cookie = arrival.cookies.session
    session = await arrival.sessions.find(cookie) if cookie else None
    goes_on = session is not None and session.only is not None
    return rendered_alone("set_up_ended.html", request, error.status, goes_on=goes_on)


async def setting_up(request: Request) -> Response:
    """Show how the connection of the session is set up; others are led to their own pages."""
    visit = visit_of(request)
    if visit.session.only is None:
        return visit.redirect(visit.url("/"))
    found = await show_connection(visit.it, visit.actor, visit.session.only)
    return visit.page("setting_up.html", workspace=None, **await provider_shown(visit, found))


async def token(request: Request) -> Response:
    """Make a token, which the next page shows once."""
    visit = visit_of(request)
    if visit.session.only is None:
        return visit.redirect(visit.url("/"))
    made = await make_token(visit, visit.session.only)
    url = visit.url("/setting-up", **{"for": visit.form.text("for")})
    return visit.redirect(url, "The new token is made.", token=made.token)


async def calls(request: Request) -> Response:
    """Show the calls of the provider."""
    visit = visit_of(request)
    if visit.session.only is None:
        return visit.redirect(visit.url("/"))
    return visit.page("calls.html", **await calls_shown(visit, visit.session.only))


ROUTES = (
    Route("/set-up/{secret}", link),
    Route("/set-up/{secret}", begin, methods=["POST"]),
    Route("/setting-up", setting_up),
    Route("/setting-up/token", token, methods=["POST"]),
    Route("/setting-up/calls", calls),
)
