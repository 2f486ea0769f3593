"""Are people listed so that each is found, and nobody is shown to others?"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import event

import api.admin.people as use_case
from tests.drivers.admin_http import AdminApi
from tests.drivers.browsers import Visitor
from tests.drivers.in_process import USER, Ingress, ingress_on
from tests.servers.both_databases import on_both_databases

MARKUP = "<script>alert(1)</script>"


@pytest.fixture
async def ingress(admin_api: AdminApi) -> AsyncIterator[Ingress]:
    """Give a connection of Acme with three people: one active, one inactive, one oddly named."""
    async with ingress_on(admin_api.it.directory) as ingress:
        await ingress.user("ada@acme.test", displayName="Ada", externalId="00u1")
        await ingress.user("ben@acme.test", active=False)
        await ingress.user(MARKUP, emails=[{"value": "eve@acme.test"}])
        yield ingress


async def searched(visitor: Visitor, text: str = "", **choices: str) -> str:
    """Return the page that a search leads to."""
    await visitor.get("/people?workspace=Acme")
    answer = await visitor.send("/people", {"workspace": "Acme", "search": text, **choices})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_person_is_listed_by_name_with_user_name_and_email_below(
    ingress: Ingress, viewer: Visitor
) -> None:
    emails = [{"value": "weaver@acme.test", "primary": True}]
    parts = {"givenName": "Ben", "familyName": "Weaver"}
    await ingress.user("u-ada", displayName="Ada Weaver", emails=emails)
    await ingress.user("u-ben", name=parts, emails=[])
    await ingress.user("nameless@acme.test")
    page = await viewer.text("/people?workspace=Acme")
    for main, below in (("Ada Weaver", "u-ada"), ("Ben Weaver", "u-ben")):
        assert f'>{main}</a>\n<span class="quiet small">{below}</span>' in page
    assert '<span class="quiet small">weaver@acme.test</span>' in page
    assert page.count("nameless@acme.test") == 1, "an e-mail that is the userName"


async def many_people(ingress: Ingress, number: int) -> None:
    """Push people, all of whom have names of one pattern."""
    users = [{"schemas": [USER], "userName": f"p{each}@acme.test"} for each in range(number)]
    await ingress.together("/Users", users)


async def test_people_are_listed_with_connection_and_state(
    viewer: Visitor, ingress: Ingress
) -> None:
    page = await viewer.text("/people?workspace=Acme")
    for shown in ("ada@acme.test", "eve@acme.test", ingress.connection, "Enterprise Store"):
        assert shown in page
    assert page.count('<span class="badge info">Pending</span>') == 3
    assert page.count('<span class="badge quiet">Inactive</span>') == 1


@pytest.mark.usefixtures("ingress")
async def test_markup_in_a_name_is_inert(viewer: Visitor) -> None:
    answer = await viewer.get("/people?workspace=Acme")
    assert MARKUP not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.usefixtures("ingress")
async def test_a_search_lies_in_no_url(viewer: Visitor) -> None:
    await viewer.get("/people?workspace=Acme")
    answer = await viewer.send("/people", {"workspace": "Acme", "search": "ADA"})
    assert "ada@acme.test" in answer.text
    assert "ben@acme.test" not in answer.text
    assert 'value="ADA"' in answer.text, "what was typed is there to be changed"
    assert "ADA" not in str(answer.url)


async def test_people_are_narrowed_by_what_is_chosen(viewer: Visitor, ingress: Ingress) -> None:
    inactive = await searched(viewer, inactive="yes")
    assert "ben@acme.test" in inactive
    assert "ada@acme.test" not in inactive
    active = await searched(viewer, inactive="no", state="pending")
    assert "ada@acme.test" in active
    assert "ben@acme.test" not in active
    assert "Nobody matches" in await searched(viewer, state="failed")
    assert "Nobody matches" in await searched(viewer, waived="yes")
    assert "Nobody matches" in await searched(viewer, connection="acme-store")
    assert "ada@acme.test" in await searched(viewer, connection=ingress.connection)


@pytest.mark.usefixtures("ingress")
async def test_a_search_of_another_session_is_told_as_lost(viewer: Visitor, owner: Visitor) -> None:
    await owner.get("/people?workspace=Acme")
    answer = await owner.send("/people", {"workspace": "Acme", "search": "ada"})
    path = str(answer.url).partition("/console")[2]
    assert "made in another session" in await viewer.text(path)


async def test_pages_go_forward_and_back(viewer: Visitor, ingress: Ingress) -> None:
    await many_people(ingress, 60)
    first = await viewer.text("/people?workspace=Acme")
    assert first.count("<tr>") == 51
    [following] = [it.split('"')[0] for it in first.split('href="')[1:] if 'rel="next"' in it]
    second = await viewer.text(following.removeprefix("/console"))
    assert second.count("<tr>") == 14
    assert "First page" in second
    assert "Previous" in second


async def test_a_page_that_found_few_tells_how_far_it_has_looked(
    viewer: Visitor, ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_people(ingress, 80)
    monkeypatch.setattr(use_case, "MOST_LOOKED_AT", 60)
    page = await searched(viewer, "nobody has this", inside="yes")
    assert "Looked at 60 of 83 people so far, and found nobody here" in page
    assert "go on looking" in page
    assert "Nobody matches" not in page


async def test_a_search_finds_how_names_begin_and_offers_to_look_inside_them(
    viewer: Visitor, ingress: Ingress
) -> None:
    assert "ada@acme.test" in await searched(viewer, "Ad")
    gone = await ingress.user("gone@acme.test")
    await ingress.send("DELETE", f"/Users/{gone}")
    for text in ("da@acme", "gone"):
        page = await searched(viewer, text)
        assert "Nobody matches" in page
        assert f"{ingress.connection}/{gone}" not in page
    [inside] = {it.split('"')[0] for it in page.split('href="')[1:] if "inside=yes" in it}
    page = await viewer.text(inside.removeprefix("/console").replace("&amp;", "&"))
    assert f"{ingress.connection}/{gone}" in page
    assert 'name="inside" value="yes" checked' in page
    assert 'value="gone"' in page, "what was typed is there to be changed"


async def test_a_page_of_names_that_found_few_can_be_gone_on_from(
    viewer: Visitor, ingress: Ingress, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many_people(ingress, 80)
    monkeypatch.setattr(use_case, "MOST_LOOKED_AT", 60)
    page = await searched(viewer, "p", state="applied")
    assert "Nobody so far, and there may be some" in page
    assert "Looked at" not in page


async def test_an_empty_workspace_says_what_to_do_next(viewer: Visitor) -> None:
    page = await viewer.text("/people?workspace=Acme")
    assert "Nobody has arrived yet" in page
    assert "To the connections" in page


async def test_the_people_of_others_are_unknown(stranger: Visitor, ingress: Ingress) -> None:
    assert (await stranger.get("/people?workspace=Acme")).status_code == 404
    of_other = f"/people?workspace=Other&connection={ingress.connection}"
    assert (await stranger.get(of_other)).status_code == 404
    assert "ada@" not in await stranger.text("/people")


@on_both_databases
async def test_a_page_reads_no_more_with_more_people(
    viewer: Visitor, ingress: Ingress, admin_api: AdminApi
) -> None:
    counts: list[int] = []
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_others: object) -> None:
        statements.append(statement)

    engine = admin_api.it.directory.reading.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for _ in range(2):
        await many_people_more(ingress, len(counts))
        statements.clear()
        answer = await viewer.get("/people?workspace=Acme")
        assert len(answer.content) < 100_000
        counts.append(len(statements))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] < 30


async def many_people_more(ingress: Ingress, step: int) -> None:
    """Push sixty people more."""
    users = [
        {"schemas": [USER], "userName": f"{'x' * 300}-{step}-{each}@acme.test"}
        for each in range(60)
    ]
    await ingress.together("/Users", users)
