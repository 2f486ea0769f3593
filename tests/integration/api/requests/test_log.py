"""Does the request log tell what a provider asked, at no cost to it, and nothing personal?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from api.admin.actors import COMMAND, Actor, Power
from api.admin.requests import ListedRequest, WantedRequests, list_requests
from api.directory.connection_states import Verb
from api.directory.dialects import DirectoryDatabase
from api.errors import UnknownConnection
from api.metrics import ApiMetrics
from api.requests.answered import CONNECTION_OFF, RATE_EXCEEDED, Answered, Refusal
from api.requests.forgetting import KEPT, ROWS_AT_ONCE, SLICES_AT_ONCE, Forgetting
from api.requests.log import MINUTE, REQUESTS, SECOND, RequestLog
from contracts.clock import now
from tests.drivers.administration import administration_on, expire, stand
from tests.drivers.in_process import USER, Ingress, ingress_on, metrics_of_nobody
from tests.personal_data.marks import FOREIGN_NAME, NAME, email, leaks
from tests.readings.round_trips import round_trips_to
from tests.readings.samples import samples

WRONG = {"Authorization": "Bearer wrong"}


@dataclass(frozen=True, slots=True)
class Logged:
    """A connection whose requests are logged."""

    ingress: Ingress
    log: RequestLog
    registry: CollectorRegistry

    async def requests(self, wanted: WantedRequests | None = None) -> list[ListedRequest]:
        """Return the requests that are written by now, in their order."""
        await self.log.write()
        it = administration_on(self.ingress.database)
        wanted = wanted or WantedRequests()
        return [*await list_requests(it, COMMAND, self.ingress.connection, wanted)][::-1]


def log_of(directory: DirectoryDatabase, most: int = 100) -> tuple[RequestLog, CollectorRegistry]:
    registry = CollectorRegistry()
    return RequestLog(directory, ApiMetrics(registry).unlogged_requests, most=most), registry


@pytest.fixture
async def logged(directory: DirectoryDatabase) -> AsyncIterator[Logged]:
    log, registry = log_of(directory)
    async with ingress_on(directory, on_answer=lambda it: log.note(it, it.client)) as ingress:
        yield Logged(ingress, log, registry)


def answered(connection: str, **given: object) -> Answered:
    values = {
        "connection": connection,
        "token": "digest",
        "method": "GET",
        "path": "/Users",
        "query": b"",
        "status": 200,
        "refusal": None,
        "location": "",
        "seconds": 0.01,
        "correlation_id": "okta-1",
        "client": "127.0.0.1",
    }
    return Answered(**values | given)  # type: ignore[arg-type]


async def test_a_request_is_told_with_its_answer_and_its_resource(logged: Logged) -> None:
    before = now()
    ada = await logged.ingress.user("ada")
    await logged.ingress.send("GET", f"/Users/{ada}", **{"x-correlation-id": "okta-1"})
    await logged.ingress.found("/Users", 'userName eq "ada"')
    made, read, searched = await logged.requests()
    assert (made.method, made.path, made.status, made.resource) == ("POST", "/Users", 201, ada)
    assert (read.path, read.status, read.resource) == (f"/Users/{ada}", 200, ada)
    assert read.correlation_id == "okta-1"
    assert searched.path == "/Users?filter=userName eq …"
    assert [it.code for it in (made, read, searched)] == [None] * 3
    assert before <= made.at <= made.at + made.seconds * 1_000_000 <= now()
    assert made.number < read.number < searched.number
    of_ada = await logged.requests(WantedRequests(resource=ada))
    assert [it.number for it in of_ada] == [made.number, read.number]


async def test_a_refusal_is_told_with_its_reason_and_its_remedy(logged: Logged) -> None:
    await logged.ingress.user("ada")
    body = {"schemas": [USER], "userName": "ada"}
    await logged.ingress.send("POST", "/Users", body)
    await logged.ingress.send("GET", "/Users/ada")
    await logged.ingress.http.get("/Users", params={"filter": "nonsense"})
    taken, unknown, filtered = await logged.requests(WantedRequests(errors=True))
    assert (taken.status, taken.code, taken.detail) == (
        *(409, "uniqueness", "userName is already taken"),
    )
    assert taken.remedy is not None
    assert "userName" in taken.remedy
    assert (unknown.code, unknown.detail, unknown.path) == (
        *("not_found", "User '…' not found", "/Users/…"),
    )
    assert (filtered.status, filtered.code) == (400, "invalid_filter")


async def test_a_provider_that_is_switched_off_finds_the_reason_here(logged: Logged) -> None:
    ingress = logged.ingress
    await stand(ingress.database, ingress.connection, Verb.OFF)
    await ingress.send("GET", "/Users")
    told = await logged.requests()
    assert [(it.status, it.code) for it in told] == [(403, "connection_off")]


@pytest.mark.parametrize("expired", [False, True], ids=["wrong", "expired"])
async def test_of_requests_without_a_valid_token_one_a_minute_is_told(
    directory: DirectoryDatabase, expired: bool
) -> None:
    moments = [now()]
    registry = CollectorRegistry()
    unlogged = ApiMetrics(registry).unlogged_requests
    log = RequestLog(directory, unlogged, clock=lambda: moments[-1])
    async with ingress_on(directory, on_answer=lambda it: log.note(it, it.client)) as ingress:
        if expired:
            await expire(directory, ingress.connection)
        for passed in (0, 1, MINUTE - 1, MINUTE):
            moments.append(moments[0] + passed)
            await ingress.http.get("/Users", headers={} if expired else WRONG)
        await ingress.http.get("https://muster.test/scim/v2/nobody/Users", headers=WRONG)
        told = await Logged(ingress, log, registry).requests()
    assert [(it.status, it.code) for it in told] == [(401, "unauthorized")] * 2
    assert samples(registry, "muster_unlogged_requests_total") == {}


@pytest.mark.parametrize("code", [RATE_EXCEEDED, CONNECTION_OFF])
async def test_of_requests_beyond_the_rate_or_switched_off_one_a_second_is_told(
    directory: DirectoryDatabase, code: str
) -> None:
    moments = [now()]
    log = RequestLog(directory, metrics_of_nobody().unlogged_requests, lambda: moments[-1])
    beyond = answered("acme", status=429, refusal=Refusal(code, "wait"))
    for passed in (0, 1, SECOND - 1, SECOND):
        moments.append(moments[0] + passed)
        log.note(beyond, None)
    await log.write()
    async with directory.read() as db:
        assert await db.scalar(select(func.count()).select_from(REQUESTS)) == 2


async def test_nothing_personal_is_kept(logged: Logged) -> None:
    ingress = logged.ingress
    body = {"schemas": [USER], "userName": email("ada"), "displayName": FOREIGN_NAME}
    for _ in range(2):
        await ingress.send("POST", "/Users", body)
    await ingress.http.get("/Users", params={"filter": f'userName eq "{NAME}"', NAME: NAME})
    await ingress.http.get("/Users", params={"filter": f'{NAME} eq "{NAME}'})
    await ingress.http.get(f"/Users/{NAME}")
    await ingress.http.get(f"/{NAME}/{NAME}?{NAME}={NAME}")
    await ingress.http.request(NAME.upper(), f"/Users/{NAME}")
    await ingress.patch(f"/Users/{NAME}", {"op": NAME, "path": NAME, "value": NAME})
    await logged.log.write()
    async with ingress.database.read() as db:
        rows = (await db.execute(select(REQUESTS))).all()
    assert len(rows) == 8
    assert leaks({str(row.number): str(row) for row in rows}) == []


async def test_requests_are_read_page_by_page_and_since_a_time(logged: Logged) -> None:
    for _ in range(5):
        await logged.ingress.send("GET", "/Users")
    all_of_them = await logged.requests()
    it = administration_on(logged.ingress.database)
    page = await list_requests(it, COMMAND, logged.ingress.connection, most=2)
    rest = await list_requests(it, COMMAND, logged.ingress.connection, before=page[-1].number)
    assert [*page, *rest] == all_of_them[::-1]
    since = WantedRequests(since=all_of_them[3].at)
    assert await logged.requests(since) == all_of_them[3:]


async def test_requests_of_another_workspace_are_of_an_unknown_connection(logged: Logged) -> None:
    it = administration_on(logged.ingress.database)
    own = Actor("token a", "Acme", Power.VIEW)
    other = Actor("token b", "Other", Power.OWN)
    await logged.ingress.send("GET", "/Users")
    await logged.log.write()
    assert len(await list_requests(it, own, logged.ingress.connection)) == 1
    with pytest.raises(UnknownConnection):
        await list_requests(it, other, logged.ingress.connection)


async def test_a_request_waits_for_no_statement_of_the_log(logged: Logged) -> None:
    await logged.ingress.send("GET", "/Users?startIndex=1&count=1")
    async with round_trips_to(logged.ingress.database) as sent:
        await logged.ingress.send("GET", "/Users?startIndex=1&count=1")
    assert len(sent) == 1
    async with round_trips_to(logged.ingress.database) as sent:
        await logged.log.write()
    assert len([it for it in sent if "request_log" in it]) == 1
    assert len(await logged.requests()) == 2


async def test_a_full_queue_leaves_requests_out_and_counts_them(
    directory: DirectoryDatabase,
) -> None:
    log, registry = log_of(directory, most=3)
    for _ in range(5):
        log.note(answered("acme"), None)
    assert samples(registry, "muster_unlogged_requests_total") == {(): 2}
    await log.write()
    log.note(answered("acme"), None)
    await log.write()
    async with directory.read() as db:
        assert await db.scalar(select(func.count()).select_from(REQUESTS)) == 4


async def test_requests_that_cannot_be_written_keep_no_later_ones_from_it(
    directory: DirectoryDatabase,
) -> None:
    log, registry = log_of(directory)
    log.note(answered("acme"), None)
    async with directory.write() as db:
        await db.exec_driver_sql("ALTER TABLE request_log RENAME TO elsewhere")
    with pytest.raises(Exception, match="request_log"):
        await log.write()
    async with directory.write() as db:
        await db.exec_driver_sql("ALTER TABLE elsewhere RENAME TO request_log")
    log.note(answered("acme"), None)
    await log.write()
    assert samples(registry, "muster_unlogged_requests_total") == {(): 1}
    async with directory.read() as db:
        assert await db.scalar(select(func.count()).select_from(REQUESTS)) == 1


async def test_requests_are_forgotten_after_seven_days_in_slices(
    directory: DirectoryDatabase,
) -> None:
    moment = now()
    too_old = moment - KEPT - 1_000_000
    at_once = ROWS_AT_ONCE * SLICES_AT_ONCE
    log, _ = log_of(directory, most=2 * at_once)
    for _ in range(at_once + 7):
        log.note(answered("acme", seconds=(moment - too_old) / 1_000_000), None)
    for _ in range(3):
        log.note(answered("acme"), None)
    await log.write()
    times = iter(range(moment, moment + 1_000))
    forgetting = Forgetting(directory, lambda: next(times), due_at=moment)
    assert await forgetting.look() == at_once
    assert await forgetting.look() == 7
    async with directory.read() as db:
        assert await db.scalar(select(func.count()).select_from(REQUESTS)) == 3
    assert await forgetting.look() == 0, "it is due in an hour"
