"""Which pages has a person? A page tells all that is known and why, and forms send the person on.

A person is named by id: a name in the path would be personal, and is not looked for.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.failures import FailureFilter, retry_failures
from api.admin.find_person import find_by_id
from api.admin.resync import Resynced, resync
from api.admin.show_person import show_person
from api.admin.why.explain import explain
from api.console.answers import told_answer
from api.console.histories import by_day, told_timeline
from api.console.visit import Visit, visit_of

MOST_DEVICES, MOST_GROUPS, MOST_ENTRIES = 50, 50, 60
"""The most that a page shows of a person: of the timeline the newest entries."""

SENT = "The person is on the way again."
LEFT_ALONE = (
    "Nothing was sent: this person has left, although the directory shows them as active. Lock the"
    " person, or let an operator bring them back."
)
NOTHING = "There was nothing to be retried."


async def person(request: Request) -> Response:
    """Show a person."""
    visit = visit_of(request)
    connection_id, identity = visit.named("connection"), visit.named("identity")
    it, actor = visit.it, visit.actor
    connection, _ = await find_by_id(it, actor, connection_id, identity, Power.VIEW)
    shown = await show_person(it, actor, connection_id, identity)
    _, answers = await explain(it, actor, connection_id, identity)
    return visit.page(
        "person.html",
        workspace=connection.workspace,
        section="/people",
        connection=connection,
        shown=shown,
        is_fragment=False,
        answers=[told_answer(each, connection.workspace, identity) for each in answers],
        groups=shown.groups[:MOST_GROUPS],
        devices=shown.devices[:MOST_DEVICES],
        days=by_day(told_timeline(shown.timeline)[-MOST_ENTRIES:]),
        shown_entries=min(len(shown.timeline), MOST_ENTRIES),
    )


async def state(request: Request) -> Response:
    """Show how far a person has come, as a part of the page."""
    visit = visit_of(request)
    connection_id, identity = visit.named("connection"), visit.named("identity")
    it, actor = visit.it, visit.actor
    connection, _ = await find_by_id(it, actor, connection_id, identity, Power.VIEW)
    shown = await show_person(it, actor, connection_id, identity)
    return visit.page("person_state.html", connection=connection, shown=shown, is_fragment=True)


async def send_again(request: Request) -> Response:
    """Publish a person again."""
    visit = visit_of(request)
    done = await resync(visit.it, visit.actor, visit.named("connection"), visit.named("identity"))
    return _back(visit, done)


async def retry(request: Request) -> Response:
    """Retry the failed events of a person."""
    visit = visit_of(request)
    connection, identity = visit.named("connection"), visit.named("identity")
    await find_by_id(visit.it, visit.actor, connection, identity, Power.OWN)
    failed = FailureFilter(connection=connection, identity=identity)
    return _back(visit, await retry_failures(visit.it, visit.actor, failed))


def _back(visit: Visit, done: Resynced) -> Response:
    message = SENT if done.marked else LEFT_ALONE if done.left_alone else NOTHING
    return visit.redirect(path_of(visit), message)


def path_of(visit: Visit) -> str:
    """Return the URL of the person whom a request names."""
    return visit.url(f"/people/{visit.named('connection')}/{visit.named('identity')}")


PATH = "/people/{connection}/{identity}"

ROUTES = (
    Route(PATH, person),
    Route(f"{PATH}/state", state),
    Route(f"{PATH}/resync", send_again, methods=["POST"]),
    Route(f"{PATH}/retry", retry, methods=["POST"]),
)
