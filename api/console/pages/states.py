"""Which page stops a connection and lets it go on? It names what each step does to how many people.

The effects of going live are shown before: the people created, adopted, changed and removed.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.connection_states import change_state, show_connection
from api.admin.connections import ConnectionInUse
from api.admin.count_people import PeopleCounts, count_people
from api.admin.named_actors import names_of_actors
from api.admin.named_values import one_of
from api.admin.preview import WhatIf
from api.console.arriving_previews import arriving
from api.console.complaints import complaint_of
from api.console.confirmations import PREVIEWED, check_final
from api.console.errors import EffectsChanged, NotTypedSo
from api.console.visit import Visit, visit_of
from api.directory.connection_states import ConnectionState, Verb
from api.errors import ApiError

STEPS = {
    ConnectionState.LIVE: (Verb.PAUSE, Verb.OBSERVE, Verb.OFF),
    ConnectionState.PAUSED: (Verb.RESUME, Verb.OBSERVE, Verb.OFF),
    ConnectionState.OBSERVING: (Verb.RESUME, Verb.PAUSE, Verb.OFF),
    ConnectionState.CLOSING: (),
}
"""The steps that lead from each state to another one."""

DONE = {
    Verb.PAUSE: "The connection is paused.",
    Verb.OBSERVE: "The connection observes: nothing is applied.",
    Verb.RESUME: "The connection is live.",
    Verb.OFF: "The connection is switched off.",
    Verb.ON: "The connection is switched on.",
}


async def state(request: Request) -> Response:
    """Show the state of a connection, and the steps from it."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    return await _page(visit, found, await count_people(visit.it, visit.actor, found.id))


async def change(request: Request) -> Response:
    """Take a step, or show the effects of going live."""
    visit = visit_of(request)
    found = await show_connection(visit.it, visit.actor, visit.named("connection"))
    visit.actor.check(Power.OWN)
    if visit.form.text("step") == "preview":
        return await _preview(visit, found)
    verb = Verb(one_of("the step", visit.form.text("step"), tuple(Verb)))
    people = await count_people(visit.it, visit.actor, found.id)
    try:
        if verb is Verb.RESUME and people.waiting:
            await check_final(visit, found.id)
    except (EffectsChanged, NotTypedSo) as error:
        if visit.form.is_set(PREVIEWED):
            return await _preview(visit, found, error)
        return await _page(visit, found, people, error)
    await change_state(visit.it, visit.actor, found.id, verb)
    return visit.redirect(visit.url(f"/connections/{found.id}/state"), DONE[verb])


def steps_from(connection: ConnectionInUse) -> tuple[Verb, ...]:
    """Return the steps that a connection can take. Pure."""
    standing = connection.standing
    return (Verb.ON,) if standing.switched_off_at is not None else STEPS[standing.state]


async def _page(
    visit: Visit, found: ConnectionInUse, people: PeopleCounts, error: ApiError | None = None
) -> Response:
    problem = None if error is None else complaint_of(error)
    return visit.page(
        "state.html",
        200 if problem is None else problem.status,
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        steps=steps_from(found),
        people=people,
        actors=await names_of_actors(visit.it, visit.actor, [found.state_by]),
        problem=problem,
    )


async def _preview(visit: Visit, found: ConnectionInUse, error: ApiError | None = None) -> Response:
    """Show the effects of going live; with an error, once more."""
    people = await count_people(visit.it, visit.actor, found.id)
    return await arriving(
        visit,
        "going_live.html",
        "going_live_effects.html",
        found.id,
        WhatIf(goes_live=True),
        workspace=found.workspace,
        section="/workspace",
        connection=found,
        people=people.waiting,
        problem=None if error is None else complaint_of(error),
    )


ROUTES = (
    Route("/connections/{connection}/state", state),
    Route("/connections/{connection}/state", change, methods=["POST"]),
)
