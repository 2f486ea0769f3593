"""Who gets past the doorway? Sessions begin with a token, and end with it or by themselves."""

from dataclasses import replace

import pytest

from api.admin.actors import COMMAND
from api.admin.admins import revoke_admin
from api.console.cookies import OF_HOST, SESSION
from api.console.fragments import HEADER
from api.console.sessions import LASTS, RESTS
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi, admin_api_on
from tests.drivers.administration import administration_on
from tests.drivers.browsers import CONSOLE_URL, Visitor, signed_in, visitor_of
from tests.servers.both_databases import BOTH_DATABASES
from tests.servers.migrated import NewDatabase

COOKIE = f"{OF_HOST}{SESSION}"
"""The cookie of a session that has begun over TLS."""


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def shared_database_url(shared_database_url: NewDatabase) -> NewDatabase:
    """Give what makes databases of either kind."""
    return shared_database_url


async def test_a_page_leads_to_the_sign_in_without_a_session(admin_api: AdminApi) -> None:
    answer = await visitor_of(admin_api.app).get("/")
    assert answer.url.path == "/console/sign-in"
    assert "Token of an administrator" in answer.text


async def test_the_root_leads_to_the_console(admin_api: AdminApi) -> None:
    http = visitor_of(admin_api.app).http
    answer = await http.get("https://admin.test/", follow_redirects=True)
    assert answer.url.path == "/console/sign-in"


async def test_a_wrong_token_begins_nothing(admin_api: AdminApi) -> None:
    visitor = visitor_of(admin_api.app)
    answer = await visitor.sign_in("muster_" + "x" * 43)
    assert answer.status_code == 401
    assert "No live token" in answer.text
    assert not visitor.http.cookies


async def test_the_operator_sees_every_workspace(operator: Visitor) -> None:
    page = await operator.text("/")
    assert "Acme" in page
    assert "Other" in page


async def test_a_session_ends_with_its_token(admin_api: AdminApi, owner: Visitor) -> None:
    await revoke_admin(admin_api.it, COMMAND, admin_api.admins["owner"].id)
    assert (await owner.get("/")).url.path == "/console/sign-in"


async def test_a_visitor_signs_out(operator: Visitor) -> None:
    secret = operator.http.cookies[COOKIE]
    await operator.get("/")
    await operator.send("/sign-out")
    operator.http.cookies.set(COOKIE, secret)
    assert (await operator.get("/")).url.path == "/console/sign-in"


async def test_all_sessions_of_a_token_end_together(admin_api: AdminApi) -> None:
    first = await signed_in(admin_api.app, OPERATOR_TOKEN)
    other = await signed_in(admin_api.app, OPERATOR_TOKEN)
    await first.send("/sign-out", {"everywhere": "yes"})
    assert (await other.get("/")).url.path == "/console/sign-in"


async def test_a_new_session_ends_the_one_whose_cookie_it_replaces(
    admin_api: AdminApi, operator: Visitor
) -> None:
    former = operator.http.cookies[COOKIE]
    await operator.sign_in(admin_api.admins["viewer"].token)
    operator.http.cookies.clear()
    operator.http.cookies.set(COOKIE, former)
    assert (await operator.get("/")).url.path == "/console/sign-in"


@pytest.mark.parametrize("later", [RESTS, LASTS], ids=["unused", "old"])
async def test_a_session_ends_by_itself(directory: DirectoryDatabase, later: int) -> None:
    time = [now()]
    async with admin_api_on(directory, clock=lambda: time[0]) as served:
        visitor = await signed_in(served.app, OPERATOR_TOKEN)
        assert (await visitor.get("/")).url.path == "/console/"
        time[0] += later
        assert (await visitor.get("/")).url.path == "/console/sign-in"


async def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    directory: DirectoryDatabase,
) -> None:
    time = [now()]
    async with admin_api_on(directory, clock=lambda: time[0]) as served:
        visitor = await signed_in(served.app, OPERATOR_TOKEN)
        asked = {HEADER: "1"}
        for _ in range(3):
            time[0] += RESTS // 4
            answer = await visitor.get("/workspace/portals?workspace=Acme", **asked)
            assert answer.status_code == 200
        time[0] += RESTS // 4
        ended = await visitor.get("/workspace/portals?workspace=Acme", **asked)
        assert (ended.status_code, ended.url.path) == (401, "/console/workspace/portals")
        assert "Your session has ended" in ended.text
        assert 'href="/console/sign-in"' in ended.text
        assert "<html" not in ended.text


async def test_a_session_in_use_lasts_half_a_day(directory: DirectoryDatabase) -> None:
    time = [now()]
    async with admin_api_on(directory, clock=lambda: time[0]) as served:
        visitor = await signed_in(served.app, OPERATOR_TOKEN)
        for _ in range(11):
            time[0] += LASTS // 12
            assert (await visitor.get("/")).url.path == "/console/"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://["},
    ],
    ids=str,
)
async def test_forms_of_other_sites_are_refused(operator: Visitor, headers: dict[str, str]) -> None:
    await operator.get("/")
    assert (await operator.send("/sign-out", None, **headers)).status_code == 403
    assert (await operator.get("/")).url.path == "/console/"


async def test_a_form_of_another_session_is_refused(operator: Visitor, admin_api: AdminApi) -> None:
    other = await signed_in(admin_api.app, OPERATOR_TOKEN)
    await other.get("/")
    operator.csrf = other.csrf
    assert (await operator.send("/sign-out")).status_code == 403


async def test_a_request_that_is_no_form_is_refused(operator: Visitor) -> None:
    answer = await operator.http.post(f"{CONSOLE_URL}/sign-out", json={"csrf": operator.csrf})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("scheme", "beginning", "path"),
    [("http", f"{SESSION}=", "Path=/console"), ("https", f"{COOKIE}=", "Path=/")],
)
async def test_the_cookie_is_out_of_reach(
    admin_api: AdminApi, scheme: str, beginning: str, path: str
) -> None:
    http = visitor_of(admin_api.app).http
    url = f"{scheme}://admin.test/console/sign-in"
    answer = await http.post(url, data={"token": OPERATOR_TOKEN})
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert cookie.startswith(beginning)
    told = {path, "HttpOnly", "SameSite=lax"}
    assert {*attributes} == told | ({"Secure"} if scheme == "https" else set())


async def test_a_cookie_that_a_neighbour_may_have_set_counts_for_nothing_over_tls(
    operator: Visitor,
) -> None:
    secret = operator.http.cookies[COOKIE]
    operator.http.cookies.clear()
    operator.http.cookies.set(SESSION, secret)
    assert (await operator.get("/")).url.path == "/console/sign-in"


async def test_signing_out_forgets_the_cookie(operator: Visitor) -> None:
    await operator.get("/")
    await operator.send("/sign-out")
    assert not operator.http.cookies


async def test_the_setting_tells_of_tls_that_no_proxy_tells_of(
    directory: DirectoryDatabase,
) -> None:
    it = replace(administration_on(directory), console_url="https://admin.test")
    async with admin_api_on(directory, served=it) as served:
        http = visitor_of(served.app).http
        for url, name in (("http://admin.test", COOKIE), ("http://127.0.0.1:8001", SESSION)):
            answer = await http.post(f"{url}/console/sign-in", data={"token": OPERATOR_TOKEN})
            assert answer.headers["set-cookie"].startswith(f"{name}=")


async def test_every_answer_has_a_strict_policy(operator: Visitor) -> None:
    for path in ("/", "/sign-in", "/nowhere", "/static/console.js"):
        policy = (await operator.get(path)).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


async def test_an_unknown_page_is_not_found(operator: Visitor) -> None:
    answer = await operator.get("/nowhere")
    assert answer.status_code == 404
    assert "Not found" in answer.text


async def test_what_a_cookie_brings_to_the_next_page_is_short(owner: Visitor) -> None:
    await owner.get("/policies")
    for path, fields in (
        ("/policies", {"policy": "\U0001f600" * 5_000}),
        ("/connections/acme-store/provider", {"token": "t" * 50_000}),
    ):
        form = {"csrf": owner.csrf, **fields}
        answer = await owner.http.post(CONSOLE_URL + path, data=form)
        assert answer.status_code == 303
        assert len(answer.headers.get("set-cookie", "")) < 4_000


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused_as_such(operator: Visitor, method: str) -> None:
    answer = await operator.http.request(method, f"{CONSOLE_URL}/workspace")
    assert answer.status_code == 405


async def test_forms_of_nobody_wake_no_relay(admin_api: AdminApi) -> None:
    visitor = visitor_of(admin_api.app)
    before = len(admin_api.changes)
    await visitor.sign_in("muster_" + "x" * 43)
    await visitor.send("/held")
    assert len(admin_api.changes) == before
