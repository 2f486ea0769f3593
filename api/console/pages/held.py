"""Which pages has the brake? They tell who is held, and an owner approves or rejects.

A decision is asked for on a page of its own, which names the people and what becomes of them; it
then holds for no more people than were named. An approval that cannot be undone takes the typed id
of the connection.
"""

import re
from collections.abc import Awaitable, Sequence
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connection_states import show_connection
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.count_people import count_held
from api.admin.foresee_held import foresee_held
from api.admin.held import approve_held, newest_held, reject_held
from api.admin.held_people import page_held
from api.admin.named_people import NamedPerson, people_with_ids
from api.admin.named_values import one_of
from api.console.complaints import complaint_of
from api.console.confirmations import check_typed
from api.console.errors import NothingChosen, NotTypedSo, UnreadableForm
from api.console.held_words import NO_MORE, approved, rejected
from api.console.visit import Visit, visit_of

PAGE = 50
"""People in a page. An owner can decide on all of them at once."""

UNTIL = re.compile("[0-9]{1,18}")
"""Microseconds since the epoch, as the form has them; Python reads no number of 5000 digits."""

MOST_NAMED = 200
"""People whom a form can name: more than a page has."""


MOST_SHOWN = 5
"""People whom the page for a decision on everybody names; it counts the others."""

APPROVE = "approve"


class Decide(Protocol):
    """A use case that ends held losses."""

    def __call__(
        self,
        it: Administration,
        actor: Actor,
        connection_id: str,
        identities: Sequence[str] | None,
        *,
        until: int | None = None,
    ) -> Awaitable[int]:
        """End held losses, and return the number of people who had them."""
        ...


DECISIONS: dict[str, Decide] = {"approve": approve_held, "reject": reject_held}


async def held(request: Request) -> Response:
    """List the held people of a connection, by default of the first that holds anybody."""
    visit = visit_of(request)
    chosen = visit.asked("connection")
    found = await show_connection(visit.it, visit.actor, chosen) if chosen else None
    return await _list(visit, found)


async def _list(
    visit: Visit, found: ConnectionInUse | None, error: NothingChosen | None = None
) -> Response:
    """Show the held people, by default of the first connection that holds anybody."""
    problem = None if error is None else complaint_of(error)
    workspace = await visit.workspace() if found is None else found.workspace
    connections = await list_connections(visit.it, visit.actor, workspace)
    counts = await count_held(visit.it, visit.actor, workspace)
    found = found or next((each for each in connections if counts.get(each.id)), None)
    after = visit.place().after
    page = found and await page_held(visit.it, visit.actor, found.id, after=after, most=PAGE)
    return visit.page(
        "held.html",
        200 if problem is None else problem.status,
        workspace=workspace,
        section="/held",
        connections=connections,
        counts=counts,
        connection=found,
        page=page,
        pager=visit.pager(page) if page else None,
        problem=problem,
    )


async def decide(request: Request) -> Response:
    """Ask for a confirmation, or carry out a confirmed decision."""
    visit = visit_of(request)
    form = visit.form
    found = await show_connection(visit.it, visit.actor, form.text("connection"))
    visit.actor.check(Power.OWN)
    try:
        if form.is_set("confirmed"):
            return await _carry_out(visit, found)
        answer, _, which = form.text("decision").partition("-")
        one_of("the decision", answer, tuple(DECISIONS))
        return await _ask(visit, found, answer, everybody=which == "all")
    except NothingChosen as error:
        return await _list(visit, found, error)


async def _ask(
    visit: Visit,
    found: ConnectionInUse,
    answer: str,
    *,
    everybody: bool,
    error: NotTypedSo | None = None,
) -> Response:
    """Show the page that asks to confirm a decision and tells its effects.

    The decision is on the ticked people, or on everybody who is held by now.

    :param answer: a key of ``DECISIONS``.
    """
    named = None if everybody else _named(visit)
    until = _until(visit) or await newest_held(visit.it, visit.actor, found.id)
    foreseen = await foresee_held(visit.it, visit.actor, found.id, named, until=until)
    if not foreseen.people and everybody:
        return _back(visit, found, NO_MORE)
    if not foreseen.people:
        raise NothingChosen
    problem = None if error is None else complaint_of(error)
    return visit.page(
        "held_decision.html",
        200 if problem is None else problem.status,
        workspace=found.workspace,
        section="/held",
        connection=found,
        answer=answer,
        everybody=everybody,
        foreseen=foreseen,
        is_final=answer == APPROVE and foreseen.is_final,
        people=await _people(visit, found, named),
        until=until,
        problem=problem,
    )


async def _people(
    visit: Visit, found: ConnectionInUse, named: Sequence[str] | None
) -> Sequence[NamedPerson]:
    """Return the ticked people, or the first ones of all held people."""
    if named is None:
        page = await page_held(visit.it, visit.actor, found.id, most=MOST_SHOWN)
        shown = {each.loss.identity: each.person for each in page.items}
        return [person for person in shown.values() if person is not None]
    people = await people_with_ids(visit.it, visit.actor, found.id, named)
    return sorted(people.values(), key=lambda person: person.name)


async def _carry_out(visit: Visit, found: ConnectionInUse) -> Response:
    form = visit.form
    answer = one_of("the decision", form.text("decision"), tuple(DECISIONS))
    everybody = form.is_set("everybody")
    until = _until(visit)
    if everybody and until is None:
        raise UnreadableForm
    named = None if everybody else _named(visit)
    foreseen = await foresee_held(visit.it, visit.actor, found.id, named, until=until)
    if everybody and not foreseen.people:
        return _back(visit, found, NO_MORE)
    try:
        if answer == APPROVE and foreseen.is_final:
            check_typed(form, found.id)
    except NotTypedSo as error:
        return await _ask(visit, found, answer, everybody=everybody, error=error)
    people = await DECISIONS[answer](visit.it, visit.actor, found.id, named, until=until)
    told = approved(people, foreseen.losses) if answer == APPROVE else rejected(people)
    return _back(visit, found, told if people else NO_MORE)


def _back(visit: Visit, found: ConnectionInUse, told: str) -> Response:
    """Return an answer that leads to the list of the connection, with a message."""
    return visit.redirect(visit.url("/held", workspace=found.workspace, connection=found.id), told)


def _until(visit: Visit) -> int | None:
    """Return the time up to which a decision on everybody covers losses, as the form has it."""
    text = visit.form.text("until")
    return int(text) if visit.form.is_set("everybody") and UNTIL.fullmatch(text) else None


def _named(visit: Visit) -> list[str]:
    """Return the ids of the ticked people.

    :raises NothingChosen: when no person was ticked.
    """
    named = list(dict.fromkeys(visit.form.texts("identity")))[:MOST_NAMED]
    if not named:
        raise NothingChosen
    return named


ROUTES = (
    Route("/held", held),
    Route("/held", decide, methods=["POST"]),
)
