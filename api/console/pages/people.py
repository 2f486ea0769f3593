"""Which pages list people? A page lists them, narrowed by name and by how far they have come."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.connections import list_connections
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import count_passed, list_people
from api.console.visit import Visit, visit_of
from api.reconciliation.person_states import PersonState

MOST = 50
"""People of a page."""

LONGEST_SEARCH = 200
"""Characters of a text that is searched for, sealed in the URL."""

CHOICES = ("workspace", "connection", "state", "inactive", "waived", "inside")
"""The parameters that narrow the list, beside the search. None of them is personal."""


async def people(request: Request) -> Response:
    """List people with their sync states.

    A search is for names that begin so; people are looked at one by one if it is to find the text
    inside names, too. A page of a narrow list may hold few people and have a next one: it tells how
    far it has looked.
    """
    visit = visit_of(request)
    workspace = await visit.workspace()
    wanted = _wanted(visit, workspace)
    after, it, actor = visit.place().after, visit.it, visit.actor
    page = await list_people(it, actor, wanted, after=after, most=MOST)
    goes_on = page.next is not None and len(page.items) < MOST
    passed = await count_passed(it, actor, wanted, page.next) if goes_on and page.next else None
    return visit.page(
        "people.html",
        workspace=workspace,
        section="/people",
        page=page,
        pages=visit.pager(page),
        goes_on=goes_on,
        passed=passed,
        wanted=wanted,
        text=visit.search(),
        inside=_inside(visit, wanted),
        connections={each.id: each for each in await list_connections(it, actor, workspace)},
        states=list(PersonState),
        is_narrow=wanted != PeopleFilter(workspace),
        is_lost=bool(visit.asked("q")) and not visit.search(),
    )


async def search(request: Request) -> Response:
    """Lead to the list for the choices of a form; the searched text is sealed in the URL."""
    visit = visit_of(request)
    chosen = {name: visit.form.text(name) for name in CHOICES}
    text = visit.form.text("search")[:LONGEST_SEARCH]
    return visit.redirect(visit.url("/people", **chosen, q=visit.sealed_search(text)))


def _inside(visit: Visit, wanted: PeopleFilter) -> str | None:
    """Return the URL of the same search inside names; None where there is no search to widen."""
    if wanted.begins is None:
        return None
    chosen = {name: visit.asked(name) for name in CHOICES}
    return visit.url("/people", **chosen | {"inside": "yes"}, q=visit.asked("q"))


def _wanted(visit: Visit, workspace: str) -> PeopleFilter:
    state, text = visit.asked("state"), visit.search() or None
    is_inside = bool(visit.asked("inside"))
    return PeopleFilter(
        workspace,
        visit.asked("connection") or None,
        PersonState(state) if state in set(PersonState) else None,
        inactive=visit.asked("inactive") == "yes",
        search=text if is_inside else None,
        waived=bool(visit.asked("waived")),
        active=visit.asked("inactive") == "no",
        begins=None if is_inside else text,
    )


ROUTES = (
    Route("/people", people),
    Route("/people", search, methods=["POST"]),
)
