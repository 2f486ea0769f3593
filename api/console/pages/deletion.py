"""Which page deletes a connection? It asks what becomes of people, and for the connection's id."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.connection_states import show_connection
from api.admin.connections import ConnectionInUse
from api.admin.count_people import count_people
from api.admin.delete_connection import delete_connection, left_to_close
from api.admin.rule_choices import policy_of
from api.admin.tokens import TokenState, list_tokens
from api.console.complaints import complaint_of
from api.console.confirmations import check_typed
from api.console.errors import NothingChosen, NotTypedSo
from api.console.fragments import is_fragment
from api.console.rule_options import deactivation_named
from api.console.visit import Visit, visit_of
from api.directory.closing import People
from api.directory.connection_states import PUBLISHING
from api.errors import ApiError


async def deletion(request: Request) -> Response:
    """Ask before a connection is deleted, or tell how far its deletion is."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    if found.closing is not None:
        return await _closing(visit, found)
    return await _question(visit, found)


async def delete(request: Request) -> Response:
    """Delete a connection whose id was typed."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    visit.actor.check(Power.OWN)
    try:
        await delete_connection(visit.it, visit.actor, found.id, _people_in(visit, found))
    except (NothingChosen, NotTypedSo) as error:
        return await _question(visit, found, error)
    told = "The deletion has begun. Its tokens are revoked."
    return visit.redirect(visit.url(f"/connections/{found.id}/delete"), told)


def _people_in(visit: Visit, found: ConnectionInUse) -> People:
    chosen = visit.form.text("people")
    if chosen not in tuple(People):
        raise NothingChosen
    check_typed(visit.form, found.id)
    return People(chosen)


async def _question(
    visit: Visit, found: ConnectionInUse, error: ApiError | None = None
) -> Response:
    problem = None if error is None else complaint_of(error)
    tokens = await list_tokens(visit.it, visit.actor, found.id)
    return visit.page(
        "delete.html",
        200 if problem is None else problem.status,
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        people=await count_people(visit.it, visit.actor, found.id),
        tokens=sum(token.state is TokenState.LIVE for token in tokens),
        deactivation=deactivation_named(found.portal, found.rules.on_deactivate.do),
        policy=policy_of(found.rules),
        drops_waiting=found.standing.state not in PUBLISHING,
        chosen=visit.form.text("people"),
        problem=problem,
    )


async def _closing(visit: Visit, found: ConnectionInUse) -> Response:
    """Tell how far a deletion is, as a page or as its live part."""
    left = await left_to_close(visit.it, [found])
    return visit.page(
        "closing_left.html" if is_fragment(visit.request) else "closing.html",
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        left=left[found.id],
        problem=None,
    )


ROUTES = (
    Route("/connections/{connection}/delete", deletion),
    Route("/connections/{connection}/delete", delete, methods=["POST"]),
)
