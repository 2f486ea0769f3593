"""Does a client that says nothing, or takes its time, cost others anything? Over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from prometheus_client import CollectorRegistry

from deploy.connection_bounds import Bounds
from deploy.http.metrics import Ending, HttpMetrics
from tests.drivers.raw_http import Listener, RawClient, listening

GET = b"GET /here HTTP/1.1\r\nHost: a\r\n\r\n"
SOON = 0.2
"""Seconds: a bound that a test waits for, and that what is sent at once does not reach."""

LARGE = 2_000_000
"""Bytes: more than both ends keep for a client that does not read."""


@pytest.fixture
def app() -> FastAPI:
    """Give an application that answers at once, when told to, with much, or after the body."""
    app = FastAPI()
    app.state.waiting = asyncio.Semaphore(0)
    app.state.go_on = asyncio.Event()

    @app.get("/here")
    async def here() -> Response:
        return Response("here")

    @app.get("/later")
    async def later() -> Response:
        app.state.waiting.release()
        await app.state.go_on.wait()
        return Response("later")

    @app.get("/large")
    async def large() -> Response:
        return Response(b"x" * LARGE)

    @app.get("/stream")
    async def stream() -> Response:
        return StreamingResponse(b"x" * 100_000 for _ in range(LARGE // 100_000))

    @app.post("/refused")
    async def refused() -> Response:
        return Response("refused", 401)

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await request.body())

    return app


async def ask(client: RawClient, request: bytes = GET) -> int:
    """Send a request and return the status of its answer."""
    client.send(request)
    return (await client.answer()).status


def endings(metrics: CollectorRegistry) -> dict[str, float]:
    """Return how many connections were ended, for each reason for which some were."""
    name = "muster_http_connections_ended_total"
    counts = {it: metrics.get_sample_value(name, {"reason": it}) for it in Ending}
    return {str(ending): count for ending, count in counts.items() if count}


# --- heads ------------------------------------------------------------------------------------


async def test_a_connection_that_says_nothing_is_closed(app: FastAPI) -> None:
    registry = CollectorRegistry()
    async with listening(app, Bounds(head_seconds=SOON), HttpMetrics(registry)) as listener:
        async with listener.client() as client:
            assert await client.rest() == b""
        assert endings(registry) == {"late": 1}


@pytest.mark.parametrize("before", [b"", GET], ids=["first request", "another request"])
async def test_a_head_that_comes_byte_by_byte_gets_no_more_time(
    app: FastAPI, before: bytes
) -> None:
    async with listening(app, Bounds(head_seconds=SOON)) as listener, listener.client() as client:
        if before:
            assert await ask(client, before) == 200
        client.send(b"GET /here HTTP/1.1\r\nHost: a\r\n")
        answer = asyncio.ensure_future(client.answer())
        while not answer.done():
            client.send(b"a")
            await asyncio.sleep(0.001)  # as an attacker would
        assert answer.result().status == 408
        assert answer.result().headers["connection"] == "close"
        assert await client.rest() == b""


async def test_a_client_may_rest_between_requests_for_longer_than_it_takes_to_ask(
    app: FastAPI,
) -> None:
    async with listening(app, Bounds(head_seconds=SOON)) as listener, listener.client() as client:
        assert await ask(client) == 200
        async with listener.client() as silent:
            await silent.rest()
        assert await ask(client) == 200


async def test_a_client_that_rests_for_too_long_is_closed(app: FastAPI) -> None:
    async with (
        listening(app, Bounds(keep_alive_seconds=1)) as listener,
        listener.client() as client,
    ):
        assert await ask(client) == 200
        assert await client.rest() == b""


async def test_a_request_that_takes_its_time_is_answered(app: FastAPI) -> None:
    bounds = Bounds(head_seconds=SOON, rest_seconds=SOON, answer_seconds=SOON)
    async with listening(app, bounds) as listener, listener.client() as client:
        client.send(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
        await app.state.waiting.acquire()
        async with listener.client() as silent:
            await silent.rest()
        app.state.go_on.set()
        assert (await client.answer()).body == b"later"


# --- bodies -----------------------------------------------------------------------------------


def post(path: str, length: int) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path.encode(), length)


async def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for(app: FastAPI) -> None:
    registry = CollectorRegistry()
    async with (
        listening(app, Bounds(rest_seconds=SOON), HttpMetrics(registry)) as listener,
        listener.client() as client,
    ):
        assert await ask(client, post("/refused", 1_000_000)) == 401
        rest = asyncio.ensure_future(client.rest())
        while not rest.done():
            client.send(b"a")
            await asyncio.sleep(0.001)  # as an attacker would
        assert endings(registry) == {"late": 1}


async def test_after_the_rest_of_a_body_a_connection_can_be_used_and_ends(app: FastAPI) -> None:
    bounds = Bounds(keep_alive_seconds=1)
    async with listening(app, bounds) as listener, listener.client() as client:
        assert await ask(client, post("/refused", 5)) == 401
        client.send(b"abcde")
        assert await ask(client, post("/refused", 5)) == 401
        client.send(b"abcde")
        assert await client.rest() == b""


# --- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
async def test_a_client_that_does_not_read_is_closed(app: FastAPI, path: bytes) -> None:
    registry = CollectorRegistry()
    bounds = Bounds(answer_seconds=SOON)
    async with (
        listening(app, bounds, HttpMetrics(registry)) as listener,
        listener.client() as client,
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)
        while not endings(registry):
            await asyncio.sleep(0.01)  # nobody tells a client that does not listen
        assert endings(registry) == {"unread": 1}
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionResetError):  # what was not taken is not kept either
            await client.reader.read()


async def test_a_client_that_does_not_read_and_wants_to_close_is_closed(app: FastAPI) -> None:
    registry = CollectorRegistry()
    bounds = Bounds(answer_seconds=SOON)
    async with (
        listening(app, bounds, HttpMetrics(registry)) as listener,
        listener.client() as client,
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        client.send(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        while not endings(registry):
            await asyncio.sleep(0.01)  # nobody tells a client that does not listen
        assert endings(registry) == {"unread": 1}


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
async def test_a_large_answer_arrives_whole(app: FastAPI, path: bytes) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path)
        _, _, body = (await client.rest()).partition(b"\r\n\r\n")
        assert body.count(b"x") == LARGE


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
async def test_an_answer_to_http_1_0_has_no_chunks(app: FastAPI, path: bytes) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(b"GET %s HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" % path)
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert b"\r\nconnection: close" in head.lower()
        assert body == b"x" * LARGE


async def test_a_client_that_asks_is_told_to_send_its_body(app: FastAPI) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(EXPECTING)
        assert (await client.answer()).status == 100
        client.send(b"abcde")
        assert (await client.answer()).body == b"abcde"


# --- numbers ----------------------------------------------------------------------------------


@pytest.fixture(params=[GET, b"", b"GET /here HTTP/1.1\r\n"], ids=["idle", "silent", "begun"])
async def crowded(
    app: FastAPI, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Listener, CollectorRegistry]]:
    """Give a listener that somebody has filled with connections that are left open."""
    registry = CollectorRegistry()
    bounds = Bounds(connections=20, connections_per_address=10)
    async with listening(app, bounds, HttpMetrics(registry)) as listener, AsyncExitStack() as held:
        for host in ("127.0.0.1", "127.0.0.2"):
            for _ in range(25):
                client = await held.enter_async_context(listener.client(host))
                client.send(request.param)
                if request.param == GET:
                    assert (await client.answer()).status == 200
        yield listener, registry


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.3"], ids=["same address", "another"])
async def test_connections_that_are_left_open_keep_nobody_out(
    crowded: tuple[Listener, CollectorRegistry], host: str
) -> None:
    listener, registry = crowded
    for _ in range(3):
        async with listener.client(host) as client:
            assert await ask(client) == 200
    open_now = registry.get_sample_value("muster_http_connections")
    assert open_now is not None
    assert open_now <= 20
    assert endings(registry)["gave_way"] >= 30


@pytest.mark.parametrize("path", [b"/large", b"/stream"])
async def test_connections_that_are_not_read_keep_nobody_out(app: FastAPI, path: bytes) -> None:
    async with listening(app, Bounds(connections=2)) as listener, AsyncExitStack() as held:
        for _ in range(2):
            client = await held.enter_async_context(listener.client())
            client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)
            await client.reader.readexactly(1)
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while not await is_let_in(listener):  # at first the system takes the answers
            await asyncio.sleep(0.01)


async def is_let_in(listener: Listener) -> bool:
    """Say whether there is room for a newcomer."""
    async with listener.client() as client:
        return await ask(client) == 200


async def test_where_all_are_served_a_newcomer_is_told_when_to_come_back(app: FastAPI) -> None:
    registry = CollectorRegistry()
    bounds = Bounds(connections=2)
    async with listening(app, bounds, HttpMetrics(registry)) as listener:
        async with AsyncExitStack() as held:
            served = [await held.enter_async_context(listener.client()) for _ in range(2)]
            for client in served:
                client.send(b"GET /later HTTP/1.1\r\nHost: a\r\n\r\n")
                await app.state.waiting.acquire()
            async with listener.client() as newcomer:
                answer = await newcomer.answer()
                assert (answer.status, answer.headers["retry-after"]) == (503, "5")
                assert await newcomer.rest() == b""
            app.state.go_on.set()
            assert [(await client.answer()).status for client in served] == [200, 200]
            assert [await ask(client) for client in served] == [200, 200]
        assert endings(registry) == {"no_room": 1}


async def test_what_ends_leaves_room(app: FastAPI) -> None:
    bounds = Bounds(connections=1)
    registry = CollectorRegistry()
    async with listening(app, bounds, HttpMetrics(registry)) as listener:
        for _ in range(5):
            async with listener.client() as client:
                client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                assert b"here" in await client.rest()
        assert endings(registry) == {}


# --- drains -----------------------------------------------------------------------------------

EXPECTING = post("/echo", 5).removesuffix(b"\r\n") + b"Expect: 100-continue\r\n\r\n"
"""A request whose head is answered once the application waits for its body."""


async def test_a_drain_does_not_wait_for_a_body_that_does_not_come(app: FastAPI) -> None:
    metrics = HttpMetrics(registry := CollectorRegistry())
    bounds = Bounds(unfinished_seconds=SOON)
    async with listening(app, bounds, metrics) as listener, listener.client() as client:
        client.send(EXPECTING)
        assert (await client.answer()).status == 100  # the application waits for the body
        client.send(b"ab")
        listener.stop.set()
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (503, "close")
        assert int(answer.headers["retry-after"]) > 0
        assert await client.rest() == b""
    assert endings(registry) == {Ending.LATE: 1}


async def test_a_body_that_comes_during_a_drain_is_answered(app: FastAPI) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(EXPECTING)
        assert (await client.answer()).status == 100
        listener.stop.set()
        client.send(b"abcde")
        answer = await client.answer()
        assert (answer.status, answer.body) == (200, b"abcde")
        assert answer.headers["connection"] == "close"
