"""Which pages have problems? A page groups people by cause, another has a whole group."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.http.errors import UnknownPath
from api.admin.problems import group_problems, page_problem, retry_problem
from api.admin.resync import Resynced, resync
from api.console.visit import visit_of
from contracts.downstream.open_problems import Cause, Trouble

MOST = 50
"""People of a page."""


async def problems(request: Request) -> Response:
    """Show the causes that keep people back, those with most people first."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    found = await group_problems(visit.it, visit.actor, workspace)
    return visit.page("problems.html", workspace=workspace, section="/problems", problems=found)


async def group(request: Request) -> Response:
    """List all people whom one cause keeps back."""
    visit = visit_of(request)
    workspace, cause = await visit.workspace(), _cause(visit.asked)
    after = visit.place().after
    page = await page_problem(visit.it, visit.actor, workspace, cause, after=after, most=MOST)
    every = (await group_problems(visit.it, visit.actor, workspace)).groups
    return visit.page(
        "problem_group.html",
        workspace=workspace,
        section="/problems",
        cause=cause,
        group=next((each for each in every if each.cause == cause), None),
        people=page.items,
        pages=visit.pager(page),
    )


async def retry(request: Request) -> Response:
    """Try one person again, or everybody whom a cause keeps back."""
    visit = visit_of(request)
    workspace, cause = await visit.workspace(), _cause(visit.form.text)
    connection, _, identity = visit.form.text("person").partition("/")
    if connection:
        done = await resync(visit.it, visit.actor, connection, identity)
    else:
        done = await retry_problem(visit.it, visit.actor, workspace, cause)
    return visit.redirect(visit.url("/problems", workspace=workspace), _told(done))


def _cause(text: Callable[[str], str]) -> Cause:
    """Return the cause that a URL or a form names.

    :raises UnknownPath: when it names none.
    """
    trouble = text("trouble")
    if trouble not in set(Trouble):
        raise UnknownPath
    return Cause(Trouble(trouble), text("name"), text("message"))


def _told(done: Resynced) -> str:
    """Return the message after a new try."""
    if not done.marked and not done.left_alone:
        return "No person was sent again: the problem is gone meanwhile."
    told = f"{_people(done.marked)} on the way again; a success ends the problem."
    if done.left_alone:
        told += (
            f" {_people(len(done.left_alone))} left alone, having left downstream although the"
            " directory shows them as active: lock them, or let an operator bring them back."
        )
    return told


def _people(number: int) -> str:
    return "1 person is" if number == 1 else f"{number} people are"


ROUTES = (
    Route("/problems", problems),
    Route("/problems/group", group),
    Route("/problems/retry", retry, methods=["POST"]),
)
