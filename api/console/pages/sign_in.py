"""Which pages have sessions? They begin at the sign-in with an administrator's token, and end."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.console.rendering import rendered_alone
from api.console.visit import arrival_of, visit_of


async def sign_in(request: Request) -> Response:
    """Ask for a token."""
    return rendered_alone("sign_in.html", request, wrong=False)


async def begin(request: Request) -> Response:
    """Begin a session with a token; a wrong token is not told from an ended one."""
    arrival = arrival_of(request)
    former = arrival.cookies.session
    secret = await arrival.sessions.begin_with_token(arrival.form.text("token"), former)
    if secret is None:
        return rendered_alone("sign_in.html", request, 401, wrong=True)
    answer = RedirectResponse(f"{arrival.root}/", 303)
    arrival.cookies.set_session(answer, secret)
    return answer


async def end(request: Request) -> Response:
    """End the session, or all that were begun with the same token."""
    visit = visit_of(request)
    await visit.sessions.end(visit.session.secret, others=visit.form.is_set("everywhere"))
    return visit.signed_out()


ROUTES = (
    Route("/sign-in", sign_in),
    Route("/sign-in", begin, methods=["POST"]),
    Route("/sign-out", end, methods=["POST"]),
)
