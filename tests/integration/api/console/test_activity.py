"""Does the activity tell what providers did, whom it was about, and what helps against errors?"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from api.console.pages.activity import ON_A_PAGE
from api.requests.log import RequestLog
from contracts.downstream.sync_states import Failure, SyncState
from tests.drivers.admin_http import AdminApi
from tests.drivers.administration import States
from tests.drivers.browsers import Visitor, link_of
from tests.drivers.calls import log_calls
from tests.drivers.in_process import USER, Ingress, ingress_on, metrics_of_nobody
from tests.servers.both_databases import on_both_databases

ACTIVITY = "/activity?workspace=Acme"
MARKUP = "<script>alert('x')</script>"

Write = Callable[[], Awaitable[None]]


@pytest.fixture
async def log(admin_api: AdminApi) -> RequestLog:
    """Give the request log."""
    return RequestLog(admin_api.it.directory, metrics_of_nobody().unlogged_requests)


@pytest.fixture
async def provider(admin_api: AdminApi, log: RequestLog) -> AsyncIterator[Ingress]:
    """Give the provider of a second connection of Acme, whose calls are logged."""
    async with ingress_on(
        admin_api.it.directory, on_answer=lambda it: log.note(it, it.client)
    ) as ingress:
        yield ingress


async def test_a_call_tells_what_was_done_and_about_whom(
    provider: Ingress, log: RequestLog, owner: Visitor
) -> None:
    ada = await provider.user("ada@acme.test")
    await log.write()
    page = await owner.text(ACTIVITY)
    assert "Created a user" in page
    assert f'href="/console/people/{provider.connection}/{ada}">ada@acme.test</a>' in page
    assert '<span class="badge info">Pending</span>' in page
    assert '<span class="badge good">Done</span>' in page


async def test_a_person_is_told_as_it_stands_now(
    admin_api: AdminApi, provider: Ingress, log: RequestLog, owner: Visitor
) -> None:
    ada = await provider.user("ada@acme.test")
    await provider.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": False})
    await provider.settle()
    version = (await provider.identity(ada))["version"]
    states = admin_api.it.downstream.states
    assert isinstance(states, States)
    states.known[ada] = SyncState(0, (), Failure("database", "x", 3, version))
    await log.write()
    page = await owner.text(ACTIVITY)
    assert page.count("Inactive") == page.count(">Failed<") == 2, "in both calls"


async def test_a_group_is_told_by_its_name_as_long_as_it_is_there(
    provider: Ingress, log: RequestLog, owner: Visitor
) -> None:
    group = await provider.group("Sales")
    await log.write()
    link = f'href="/console/groups/{provider.connection}/{group}">Sales</a>'
    assert link in await owner.text(ACTIVITY)
    await provider.send("DELETE", f"/Groups/{group}")
    await log.write()
    page = await owner.text(ACTIVITY)
    assert link not in page
    assert "No longer here" in page


async def test_an_error_is_explained_and_says_what_helps(
    provider: Ingress, log: RequestLog, owner: Visitor
) -> None:
    await provider.user("ada@acme.test")
    await provider.send("POST", "/Users", {"schemas": [USER], "userName": "ada@acme.test"})
    await log.write()
    page = await owner.text(f"{ACTIVITY}&errors=yes")
    assert "Tried to create a user" in page
    assert "userName is already taken" in page
    assert "Another user or group of this connection has this name already" in page
    assert "Created a user" not in page


async def test_look_ups_can_be_left_out(provider: Ingress, log: RequestLog, owner: Visitor) -> None:
    await provider.user("ada@acme.test")
    await provider.found("/Users", 'userName eq "ada@acme.test"')
    await provider.send("POST", "/Users/.search", {"schemas": [], "count": 1})
    await log.write()
    assert "Looked up a user by userName" in await owner.text(ACTIVITY)
    page = await owner.text(f"{ACTIVITY}&writes=yes")
    assert "Created a user" in page
    assert "Looked up" not in page
    assert "earch for users" not in page


@on_both_databases
async def test_calls_of_all_connections_are_merged_the_newest_first(
    admin_api: AdminApi, provider: Ingress, owner: Visitor
) -> None:
    for connection in ("acme-store", provider.connection, "acme-store"):
        await log_calls(admin_api.it.directory, connection, [None])
    await log_calls(admin_api.it.directory, "other-store", [None])
    page = await owner.text(ACTIVITY)
    links = [line for line in page.splitlines() if "/console/connections/" in line]
    assert [line.rpartition('">')[2].removesuffix("</a>") for line in links] == [
        "acme-store",
        provider.connection,
        "acme-store",
    ]
    one = await owner.text(f"{ACTIVITY}&connection=acme-store")
    assert one.count("Changed a user") == 2


async def test_rows_name_their_connection_unless_one_is_chosen(
    admin_api: AdminApi, provider: Ingress, owner: Visitor
) -> None:
    for connection in ("acme-store", provider.connection):
        await log_calls(admin_api.it.directory, connection, [None])
    named = re.compile('from">([^<]+)<')
    assert named.findall(await owner.text(ACTIVITY)) == [provider.connection, "acme-store"]
    assert named.findall(await owner.text(f"{ACTIVITY}&connection=acme-store")) == []


@on_both_databases
async def test_pages_lead_back_in_time_and_return(admin_api: AdminApi, owner: Visitor) -> None:
    everybody = [f"{number:032x}" for number in range(2 * ON_A_PAGE + 1)]
    await log_calls(admin_api.it.directory, "acme-store", everybody)
    path, seen = ACTIVITY, []
    for _ in range(3):
        page = await owner.text(path)
        seen.append(page.count('<div class="call">'))
        path = link_of(page, "next") or path
    assert seen == [ON_A_PAGE, ON_A_PAGE, 1]
    assert link_of(page, "next") is None
    assert link_of(page, "prev") is not None


async def test_the_first_page_alone_is_live(admin_api: AdminApi, owner: Visitor) -> None:
    await log_calls(admin_api.it.directory, "acme-store", [None] * (ON_A_PAGE + 1))
    path = f"{ACTIVITY}&errors=&writes=yes"
    first = await owner.text(path)
    assert 'data-live="/console/activity?workspace=Acme&writes=yes" data-every="5"' in first
    assert "Refresh" in first, "without script"
    following = link_of(first, "next")
    assert following is not None
    assert "data-live" not in await owner.text(following)


async def test_the_live_part_is_the_list_alone(admin_api: AdminApi, owner: Visitor) -> None:
    await log_calls(admin_api.it.directory, "acme-store", [None] * (ON_A_PAGE + 1))
    fragment = (await owner.get(ACTIVITY, x_fragment="1")).text
    assert "<html" not in fragment
    assert "<svg" not in fragment
    assert fragment.count("Changed a user") == ON_A_PAGE
    following = link_of(fragment, "next")
    assert following is not None
    assert (await owner.text(following)).count("Changed a user") == 1


async def test_joiners_and_leavers_are_drawn_above(provider: Ingress, viewer: Visitor) -> None:
    for name in ("ada", "ben"):
        id_ = await provider.user(name)
    await provider.patch(f"/Users/{id_}", {"op": "replace", "path": "active", "value": False})
    page = await viewer.text(ACTIVITY)
    assert "2 joined and 1 left in 14 days" in page
    assert "<caption>People who joined and left, by day (UTC)</caption>" in page
    of_other = await viewer.text(f"{ACTIVITY}&connection=acme-store")
    assert "No person has joined or left in these 14 days." in of_other


async def test_a_list_without_calls_says_what_to_do_next(owner: Visitor) -> None:
    page = await owner.text(ACTIVITY)
    assert "No provider has called in the last seven days" in page
    assert 'href="/console/connections/acme-store/provider"' in page
    page = await owner.text(f"{ACTIVITY}&errors=yes")
    assert "Nothing was refused" in page


async def test_a_workspace_without_connections_says_what_to_do_next(
    admin_api: AdminApi, operator: Visitor
) -> None:
    await admin_api.it.downstream.workspaces.ensure_workspace("Empty")
    page = await operator.text("/activity?workspace=Empty")
    assert "No provider is connected yet" in page
    assert "/console/connections/new?workspace=Empty" in page


@pytest.mark.parametrize(
    "path", [ACTIVITY, "/activity?workspace=Other&connection=acme-store"], ids=["it", "connection"]
)
async def test_another_workspace_learns_nothing(
    admin_api: AdminApi, stranger: Visitor, path: str
) -> None:
    await log_calls(admin_api.it.directory, "acme-store", [None])
    for headers in ({}, {"x_fragment": "1"}):
        answer = await stranger.get(path, **headers)
        assert answer.status_code == 404
        assert "Changed a user" not in answer.text


async def test_the_operator_chooses_a_connection_of_the_workspace_alone(operator: Visitor) -> None:
    answer = await operator.get(f"{ACTIVITY}&connection=other-store")
    assert answer.status_code == 404


async def test_a_place_of_another_session_is_the_first_page(
    admin_api: AdminApi, owner: Visitor, viewer: Visitor
) -> None:
    await log_calls(admin_api.it.directory, "acme-store", [None] * (ON_A_PAGE + 1))
    following = link_of(await owner.text(ACTIVITY), "next")
    assert following is not None
    assert "data-live" in await viewer.text(following)


async def test_markup_in_names_is_inert(
    admin_api: AdminApi, provider: Ingress, log: RequestLog, owner: Visitor
) -> None:
    await provider.user(MARKUP)
    await provider.group(MARKUP)
    await log.write()
    await log_calls(
        admin_api.it.directory, provider.connection, [None], path=MARKUP, code=MARKUP, detail=MARKUP
    )
    for headers in ({}, {"x_fragment": "1"}):
        answer = await owner.get(ACTIVITY, **headers)
        assert MARKUP not in answer.text
        assert answer.text.count("&lt;script&gt;") >= 4


async def test_no_page_is_large(admin_api: AdminApi, provider: Ingress, owner: Visitor) -> None:
    ids = [await provider.user(f"{number} {'<' * 490}") for number in range(ON_A_PAGE)]
    await log_calls(
        admin_api.it.directory,
        provider.connection,
        ids,
        path="/Users" * 80,
        status=400,
        code="not_found",
        detail="d" * 500,
    )
    await log_calls(admin_api.it.directory, provider.connection, ids, status=500, code="uniqueness")
    for headers in ({}, {"x_fragment": "1"}):
        answer = await owner.get(ACTIVITY, **headers)
        assert len(answer.content) < 100_000
    again = await owner.get(f"{ACTIVITY}&errors=yes&connection={provider.connection}")
    assert len(again.content) < 100_000
