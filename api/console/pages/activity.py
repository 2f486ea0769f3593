"""Which page has the activity? It tells the providers' calls and outcomes, joiners and leavers."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.activity import page_calls
from api.admin.comings import Day, joined_and_left, summed
from api.admin.requests import WantedRequests
from api.console.calls import short_path, told_answer, told_call, told_seconds, tone_of_answer
from api.console.fragments import is_fragment
from api.console.visit import Visit, visit_of

ON_A_PAGE = 25
"""Calls on a page, which stays small even if each was refused and has a remedy."""

DAYS = 14
"""Days of which joiners and leavers are shown: two weeks show whether Mondays are all like this."""

EVERY = 5
"""Seconds between two looks for new calls."""

TOLD: dict[str, Any] = {
    "short_path": short_path,
    "told_answer": told_answer,
    "told_call": told_call,
    "told_seconds": told_seconds,
    "tone_of_answer": tone_of_answer,
}
"""How templates put calls into words."""

ERRORS, WRITES = "errors", "writes"
"""The parameters that leave calls out."""


async def activity(request: Request) -> Response:
    """Show the calls, the newest first; or the list alone, where it is fetched again."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    shown = await _calls(visit, workspace) | TOLD
    if is_fragment(request):
        return visit.page("activity_calls.html", **shown)
    days = _days(await joined_and_left(visit.it, visit.actor, workspace, DAYS), shown["connection"])
    return visit.page("activity.html", section="/activity", days=days, every=EVERY, **shown)


async def _calls(visit: Visit, workspace: str) -> dict[str, Any]:
    """Return the values of the list of calls."""
    connection, place = visit.asked("connection"), visit.place()
    filters = {name: visit.asked(name) == "yes" for name in (ERRORS, WRITES)}
    page = await page_calls(
        visit.it,
        visit.actor,
        workspace,
        connection or None,
        WantedRequests(errors=filters[ERRORS], writes=filters[WRITES]),
        after=place.after,
        most=ON_A_PAGE,
    )
    chosen = {name: "yes" for name, is_set in filters.items() if is_set}
    return {
        "workspace": workspace,
        "connections": await visit.connections(workspace),
        "connection": connection,
        "filters": filters,
        "calls": page.items,
        "pages": visit.pager(page),
        "url": visit.url("/activity", workspace=workspace, connection=connection, **chosen),
        "is_first": place.after is None,
    }


def _days(counted: Mapping[str, Sequence[Day]], connection: object) -> Sequence[Day]:
    """Return the days of one connection, or of all together; empty where there is none."""
    chosen = [days for of, days in counted.items() if connection in ("", of)]
    return summed(chosen)


ROUTES = (Route("/activity", activity),)
