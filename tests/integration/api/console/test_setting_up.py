"""What does somebody reach who has a set-up link, and for how long?"""

import asyncio
import re

import pytest
from sqlalchemy import text

from api.admin.actors import COMMAND
from api.admin.delete_connection import delete_connection
from api.admin.setup_links import (
    LASTS,
    NewLink,
    create_setup_link,
    list_setup_links,
    revoke_setup_link,
)
from api.admin.tokens import TokenState, list_tokens
from api.console.application import PAGES, PREFIX, PUBLIC, SETTING_UP
from api.directory.closing import People
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.browsers import Visitor, visitor_of

TOKEN = re.compile(r"muster_[A-Za-z0-9_-]{40,}")
ENDED = "cannot be used any more"


async def made(api: AdminApi) -> tuple[NewLink, str]:
    """Return a link to acme-store, and its path in the console."""
    link = await create_setup_link(api.it, COMMAND, "acme-store")
    return link, link.path.removeprefix(PREFIX)


async def begun(api: AdminApi) -> tuple[Visitor, NewLink]:
    """Return somebody who has used a link, and the link."""
    link, path = await made(api)
    visitor = visitor_of(api.app)
    await visitor.get(path)
    answer = await visitor.send(path)
    assert answer.url.path == "/console/setting-up", answer.text
    return visitor, link


async def test_a_look_at_a_link_tells_what_it_is_for_and_uses_nothing_up(
    admin_api: AdminApi,
) -> None:
    _, path = await made(admin_api)
    for _ in range(3):
        answer = await visitor_of(admin_api.app).get(path)
        assert answer.status_code == 200
        assert "Acme" in answer.text
        assert "Enterprise Store" in answer.text
        assert not answer.cookies
    [link] = await list_setup_links(admin_api.it, COMMAND, "acme-store")
    assert link.state == "open"


async def test_the_button_begins_the_one_session_of_a_link(admin_api: AdminApi) -> None:
    visitor, link = await begun(admin_api)
    page = await visitor.text("/setting-up")
    assert "https://muster.test/scim/v2/acme-store" in page
    assert "Waiting for the first call" in page
    path = link.path.removeprefix(PREFIX)
    other = visitor_of(admin_api.app)
    for answer in (await other.get(path), await other.send(path)):
        assert answer.status_code == 404
        assert ENDED in answer.text
    assert not other.http.cookies


async def test_of_two_browsers_that_use_a_link_at_once_one_gets_in(admin_api: AdminApi) -> None:
    _, path = await made(admin_api)
    browsers = [visitor_of(admin_api.app) for _ in range(2)]
    answers = await asyncio.gather(*(each.send(path) for each in browsers))
    assert sorted(answer.status_code for answer in answers) == [200, 404]
    for browser, answer in zip(browsers, answers, strict=True):
        is_in = answer.status_code == 200
        assert bool(browser.http.cookies) is is_in
        assert ((await browser.get("/setting-up")).url.path == "/console/setting-up") is is_in


async def test_a_link_is_used_up_only_together_with_its_session(admin_api: AdminApi) -> None:
    _, path = await made(admin_api)
    visitor = visitor_of(admin_api.app)
    await _execute(admin_api, "ALTER TABLE console_sessions RENAME TO out_of_reach")
    assert (await visitor.send(path)).status_code == 500
    [link] = await list_setup_links(admin_api.it, COMMAND, "acme-store")
    assert link.state == "open"
    await _execute(admin_api, "ALTER TABLE out_of_reach RENAME TO console_sessions")
    assert (await visitor.send(path)).url.path == "/console/setting-up"


async def test_the_session_of_a_link_ends_the_one_whose_cookie_it_replaces(
    admin_api: AdminApi, owner: Visitor
) -> None:
    [former] = owner.http.cookies.jar
    _, path = await made(admin_api)
    assert (await owner.send(path)).url.path == "/console/setting-up"
    owner.http.cookies.clear()
    owner.http.cookies.jar.set_cookie(former)
    assert (await owner.get("/")).url.path == "/console/sign-in"


async def _execute(api: AdminApi, statement: str) -> None:
    async with api.it.directory.write() as db:
        await db.execute(text(statement))


async def test_its_user_who_opens_the_link_again_is_led_on(admin_api: AdminApi) -> None:
    visitor, link = await begun(admin_api)
    answer = await visitor.get(link.path.removeprefix(PREFIX))
    assert "Go on with the set-up" in answer.text


async def test_a_token_is_made_and_shown_once(admin_api: AdminApi) -> None:
    visitor, link = await begun(admin_api)
    answer = await visitor.send("/setting-up/token", {"earlier": "end", "for": "okta"})
    assert str(answer.url).endswith("/setting-up?for=okta")
    assert TOKEN.search(answer.text)
    assert "Push Groups" in answer.text
    assert not TOKEN.search(await visitor.text("/setting-up?for=okta"))
    tokens = await list_tokens(admin_api.it, COMMAND, "acme-store", revoked=True)
    assert [token.state for token in tokens] == [TokenState.LIVE, TokenState.REVOKED]
    assert tokens[0].created_by == f"setup-link:{link.id}"


async def test_nothing_else_of_the_console_is_reached(admin_api: AdminApi) -> None:
    visitor, _ = await begun(admin_api)
    routes = [route for module in PAGES for route in module.ROUTES]
    assert len(routes) > 10
    for route in routes:
        if route.path.startswith((*PUBLIC, *SETTING_UP)):
            continue
        path = re.sub(r"\{connection\}", "acme-store", route.path)
        path = re.sub(r"\{[a-z_:]+\}", "x", path)
        send = visitor.send if "POST" in (route.methods or ()) else visitor.get
        answer = await send(f"{path}?workspace=Acme")
        assert answer.status_code == 404, route.path
        assert "Back to the set-up" in answer.text
        assert "Active" not in answer.text


async def test_an_administrator_has_no_page_of_set_up(owner: Visitor) -> None:
    for path in ("/setting-up", "/setting-up/calls"):
        assert (await owner.get(path)).url.path == "/console/workspace"
    await owner.get("/connections/acme-store")
    assert (await owner.send("/setting-up/token")).url.path == "/console/workspace"


async def test_the_session_ends_with_the_link(admin_api: AdminApi) -> None:
    visitor, link = await begun(admin_api)
    await revoke_setup_link(admin_api.it, COMMAND, "acme-store", link.id)
    assert (await visitor.get("/setting-up")).url.path == "/console/sign-in"


async def test_the_session_ends_with_its_user(admin_api: AdminApi) -> None:
    visitor, _ = await begun(admin_api)
    await visitor.get("/setting-up")
    await visitor.send("/sign-out")
    assert (await visitor.get("/setting-up")).url.path == "/console/sign-in"


async def test_revoked_wrong_and_lonely_links_look_alike(admin_api: AdminApi) -> None:
    revoked, path = await made(admin_api)
    await revoke_setup_link(admin_api.it, COMMAND, "acme-store", revoked.id)
    _, lonely = await made(admin_api)
    await delete_connection(admin_api.it, COMMAND, "acme-store", People.KEEP)
    pages = []
    for place in (path, lonely, "/set-up/wrong", "/set-up/%00"):
        visitor = visitor_of(admin_api.app)
        for answer in (await visitor.get(place), await visitor.send(place)):
            assert answer.status_code == 404
            pages.append(answer.text)
    assert len(set(pages)) == 1
    assert ENDED in pages[0]


async def test_a_link_expires(directory: DirectoryDatabase) -> None:
    time = [now()]
    async with admin_api_on(directory, clock=lambda: time[0]) as api:
        _, path = await made(api)
        time[0] += LASTS
        assert ENDED in (await visitor_of(api.app).get(path)).text
        assert ENDED in (await visitor_of(api.app).send(path)).text


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "null"}], ids=str)
async def test_no_other_site_uses_a_link_up(admin_api: AdminApi, headers: dict[str, str]) -> None:
    _, path = await made(admin_api)
    assert (await visitor_of(admin_api.app).send(path, None, **headers)).status_code == 403
    assert (await visitor_of(admin_api.app).get(path)).status_code == 200
