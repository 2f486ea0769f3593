"""Which pages have the tokens of a connection? A page makes a token, and another one ends it."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.connection_states import show_connection
from api.admin.remedies import REMEDIES
from api.admin.tokens import ListedToken, TokenState, list_tokens, revoke_token
from api.console.new_tokens import LIFETIMES, make_token
from api.console.visit import Visit, visit_of
from api.errors import (
    ApiError,
    ExpiresTooEarly,
    TooManyTokens,
    UnknownToken,
    UnusableTokenName,
)


async def new(request: Request) -> Response:
    """Ask what becomes of earlier tokens, and when the new one ends."""
    return await _form(visit_of(request))


async def create(request: Request) -> Response:
    """Make a token, which the next page shows once."""
    visit = visit_of(request)
    connection, provider = visit.named("connection"), visit.form.text("for")
    try:
        made = await make_token(visit, connection)
    except (ExpiresTooEarly, TooManyTokens, UnusableTokenName) as error:
        return await _form(visit, error)
    place = f"/connections/{connection}"
    url = visit.url(f"{place}/provider", **{"for": provider}) if provider else visit.url(place)
    return visit.redirect(url, "The new token is made.", token=made.token)


async def ask_to_revoke(request: Request) -> Response:
    """Tell what ends with a token."""
    visit = visit_of(request)
    visit.actor.check(Power.OWN)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    tokens = await list_tokens(visit.it, visit.actor, found.id)
    token = _named(tokens, visit.named("token"), found.id)
    live = [each for each in tokens if each.state is TokenState.LIVE]
    return visit.page(
        "revoke_token.html",
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        token=token,
        is_last=live == [token],
    )


async def revoke(request: Request) -> Response:
    """End a token."""
    visit = visit_of(request)
    connection = visit.named("connection")
    await revoke_token(visit.it, visit.actor, connection, visit.named("token"))
    return visit.redirect(visit.url(f"/connections/{connection}"), "The token has ended.")


async def _form(visit: Visit, error: ApiError | None = None) -> Response:
    visit.actor.check(Power.OWN)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    found.check_stays()
    tokens = await list_tokens(visit.it, visit.actor, found.id)
    return visit.page(
        "new_token.html",
        200 if error is None else error.status,
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        live=[each for each in tokens if each.state is TokenState.LIVE],
        lifetimes=LIFETIMES,
        provider=visit.asked("for") or visit.form.text("for"),
        chosen=visit.form,
        error=error,
        remedy=None if error is None else REMEDIES[error.code],
    )


def _named(tokens: Sequence[ListedToken], token_id: str, connection: str) -> ListedToken:
    found = next((each for each in tokens if each.id == token_id), None)
    if found is None:
        raise UnknownToken(connection)
    return found


ROUTES = (
    Route("/connections/{connection}/tokens/new", new),
    Route("/connections/{connection}/tokens/new", create, methods=["POST"]),
    Route("/connections/{connection}/tokens/{token}/revoke", ask_to_revoke),
    Route("/connections/{connection}/tokens/{token}/revoke", revoke, methods=["POST"]),
)
