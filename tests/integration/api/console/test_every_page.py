"""Does every page keep to the workspace of its visitor, and every form to those who may send it?

Forms are found on the pages that the owner sees. They are then sent as others would: with a proof
of their own session, so that nothing but the visitor's rights stands in the way.
"""

import httpx2
import pytest
from fastapi import FastAPI

from api.admin.actors import COMMAND
from api.admin.setup_links import create_setup_link
from api.console.application import PREFIX
from tests.drivers.browsers import Visitor, signed_in, visitor_of
from tests.drivers.console_pages import (
    CONNECTION,
    EVERY_PAGE,
    FRAGMENTS,
    FRAGMENTS_OF_LINK,
    LOOKING,
    OF_NOBODY,
    OF_WORKSPACE,
    ConsolePage,
    route_of,
    routes,
)
from tests.drivers.full_workspace import FullWorkspace
from tests.readings.html_pages import PageForm, read_html
from tests.readings.whole_databases import whole
from tests.servers.both_databases import BOTH_DATABASES, on_sqlite
from tests.servers.migrated import NewDatabase

MOST_BYTES = 100_000

Answers = dict[str, httpx2.Response]
Forms = dict[str, list[PageForm]]

OF_EVERYBODY = {"/sign-out"}
"""Forms that are about the visitor alone."""

ALONE = {"/sign-in", "/set-up/{secret}"}
"""Forms that take no session."""

OF_LINK = {"/setting-up/token"}
"""Forms of the session that a set-up link has begun."""

LOOKS_ALL_THE_SAME = {"/people", "/devices", f"{CONNECTION}/provider"}
"""Forms that change nothing, which a viewer may send: searches, and a token that is shown on."""


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def shared_database_url(shared_database_url: NewDatabase) -> NewDatabase:
    """Give what makes databases of either kind."""
    return shared_database_url


def later_forms(full: FullWorkspace) -> list[PageForm]:
    """Return forms that are on no page as it is first found, but on those that follow it."""
    place = f"{PREFIX}/connections/{full.values['connection']}"
    until = str(full.it.clock())
    everybody = {"decision": ["approve"], "everybody": ["yes"], "until": [until]}
    removing = {"on_create": ["nothing"], "on_deactivate": ["nothing"], "step": ["save"]}
    held = {"connection": [full.values["connection"]], "confirmed": ["yes"]}
    return [
        PageForm("post", f"{place}/provider", {"for": ["okta"], "token": ["shown"]}),
        PageForm("post", f"{PREFIX}/held", held | everybody),
        PageForm("post", f"{place}/rules", removing | {"brake_kind": ["off"], "seen": [""]}),
        PageForm("post", f"{place}/state", {"step": ["resume"]}),
        PageForm(
            "post", f"{place}/delete", {"people": ["keep"], "typed": [full.values["connection"]]}
        ),
    ]


async def visitor(app: FastAPI, full: FullWorkspace, name: str) -> Visitor:
    """Return an administrator, signed in, with the proof of the own session at hand."""
    return await signed_in(app, full.admins[name].token)


@pytest.fixture(scope="module")
async def seen_by_owner(app: FastAPI, full: FullWorkspace) -> Answers:
    """Give what the owner of Acme is shown at every page of it."""
    return await pages_seen_by(await visitor(app, full, "owner"), full)


@pytest.fixture(scope="module")
def forms(full: FullWorkspace, seen_by_owner: Answers) -> Forms:
    """Give all forms about Acme that its owner may send, by their routes."""
    found = forms_on(seen_by_owner)
    for form in later_forms(full):
        found.setdefault(_route_of(form), []).append(form)
    return {route: forms for route, forms in found.items() if route not in OF_EVERYBODY}


async def pages_seen_by(visitor: Visitor, full: FullWorkspace) -> Answers:
    """Return what a visitor is shown at every page of a workspace, by the names of the pages."""
    pages = (*OF_NOBODY, *OF_WORKSPACE, *FRAGMENTS)
    return {page.name: await visitor.get(page.url(full.values)) for page in pages}


def forms_on(answers: Answers) -> Forms:
    """Return the forms on pages, by their routes."""
    found: Forms = {}
    for answer in answers.values():
        for form in read_html(answer.text, answer.url.raw_path.decode()).forms:
            if form.method == "post":
                found.setdefault(_route_of(form), []).append(form)
    return found


def _route_of(form: PageForm) -> str:
    route = route_of("POST", form.path.removeprefix(PREFIX))
    assert route is not None, f"a form leads nowhere: {form.action}"
    return route


async def send(visitor: Visitor, form: PageForm) -> int:
    """Send a form with the visitor's own proof; return the status of the answer."""
    fields = {name: values for name, values in form.fields.items() if name != "csrf"}
    answer = await visitor.send(form.action.removeprefix(PREFIX), fields)
    assert "made for your session" not in answer.text, "the proof was at fault, not the visitor"
    return answer.status_code


LISTED = (*EVERY_PAGE, *FRAGMENTS, *FRAGMENTS_OF_LINK)


def test_every_page_is_in_the_list() -> None:
    listed = {page.route for page in LISTED}
    assert listed == {route.path for route in routes(LOOKING)}


def test_every_page_has_a_name_of_its_own() -> None:
    names = [page.name for page in LISTED]
    assert len({*names}) == len(names)


async def test_every_form_is_found(forms: Forms) -> None:
    every = {route.path for route in routes("POST")}
    assert every - forms.keys() == OF_EVERYBODY | ALONE | OF_LINK


def test_the_owner_sees_every_page_and_none_is_large(seen_by_owner: Answers) -> None:
    for name, answer in seen_by_owner.items():
        assert answer.status_code == 200, (name, answer.text)
        assert len(answer.content) < MOST_BYTES, name


async def test_another_workspace_sees_nothing_of_it(app: FastAPI, full: FullWorkspace) -> None:
    stranger = await visitor(app, full, "stranger")
    for page in (*OF_WORKSPACE, *FRAGMENTS):
        answer = await stranger.get(page.url(full.values))
        assert answer.status_code in {403, 404}, page.name
        _shows_nobody(page, answer.text)
    for page in OF_NOBODY:
        answer = await stranger.get(page.url(full.values))
        _shows_nobody(page, answer.text)


def _shows_nobody(page: ConsolePage, text: str) -> None:
    assert "@acme.test" not in text, page.name
    assert "user-" not in text, page.name


async def test_another_workspace_sends_no_form_of_it(
    app: FastAPI, full: FullWorkspace, forms: Forms
) -> None:
    stranger = await visitor(app, full, "stranger")
    before = await whole(full.databases)
    for route, of_route in forms.items():
        for form in of_route:
            assert await send(stranger, form) in {403, 404}, (route, form)
    assert await whole(full.databases) == before


async def test_a_viewer_changes_nothing(app: FastAPI, full: FullWorkspace, forms: Forms) -> None:
    viewer = await visitor(app, full, "viewer")
    before = await whole(full.databases)
    for route, of_route in forms.items():
        for form in of_route:
            status = await send(viewer, form)
            assert status == 403 or route in LOOKS_ALL_THE_SAME, (route, status, form)
    assert await whole(full.databases) == before


@on_sqlite
async def test_a_viewer_is_offered_no_form_that_would_be_refused(
    app: FastAPI, full: FullWorkspace
) -> None:
    seen = await pages_seen_by(await visitor(app, full, "viewer"), full)
    assert forms_on(seen).keys() - OF_EVERYBODY <= LOOKS_ALL_THE_SAME


@on_sqlite
async def test_the_session_of_a_link_reaches_the_set_up_alone(
    app: FastAPI, full: FullWorkspace, forms: Forms
) -> None:
    """The link is new, and the token at the end replaces one that no page is about."""
    link = await create_setup_link(full.it, COMMAND, full.values["connection"])
    bearer = visitor_of(app)
    begun = await bearer.send(f"/set-up/{link.secret}")
    assert (begun.status_code, begun.url.path) == (200, f"{PREFIX}/setting-up")
    before = await whole(full.databases)
    for page in (*OF_NOBODY, *OF_WORKSPACE, *FRAGMENTS):
        assert (await bearer.get(page.url(full.values))).status_code == 404, page.name
    await bearer.get("/setting-up")
    for of_route in forms.values():
        for form in of_route:
            assert await send(bearer, form) == 404, form
    assert await whole(full.databases) == before
    made = await bearer.send("/setting-up/token", {"earlier": "keep-newest"})
    assert "The new token is made." in made.text
