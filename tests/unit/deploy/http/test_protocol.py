"""What is waited for from a client, and for how long? With a clock and a transport of the test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from uvicorn import Config
from uvicorn.server import ServerState

from deploy.connection_bounds import Bounds, OpenConnections
from deploy.http.metrics import HttpMetrics
from deploy.http.protocol import BoundedProtocol

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

BOUNDS = Bounds(
    head_seconds=10, keep_alive_seconds=150, rest_seconds=20, answer_seconds=30, least_taken=1_000
)


@dataclass(slots=True)
class FakeTimer:
    """A call that is due at some time."""

    seconds: float
    call: Callable[[], object]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


@dataclass(slots=True)
class FakeLoop:
    """A loop whose time passes when the test says so."""

    timers: list[FakeTimer] = field(default_factory=list)
    create_task: Callable[..., Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_task
    )

    def call_later(self, seconds: float, call: Callable[..., object], *args: Any) -> FakeTimer:
        self.timers.append(FakeTimer(seconds, lambda: call(*args)))
        return self.timers[-1]

    @property
    def waiting(self) -> list[float]:
        """For how long something is waited for, from when it began."""
        return [timer.seconds for timer in self.timers if not timer.is_cancelled]

    def pass_time(self) -> None:
        """Let everything come due that is waited for now."""
        due = [timer for timer in self.timers if not timer.is_cancelled]
        self.timers.clear()
        for timer in due:
            timer.call()


class FakeTransport(asyncio.Transport):
    """A transport that keeps what is written until the test takes it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 1)})
        self.written = b""
        self.size = 0
        self.closing = self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.size

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = self.aborted = True

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@dataclass(slots=True)
class Line:
    """A connection, its clock, and an application that answers when it is told to."""

    loop: FakeLoop
    transport: FakeTransport
    protocol: BoundedProtocol
    registry: CollectorRegistry
    go_on: asyncio.Event
    received: asyncio.Queue[Message]

    async def answered(self, request: bytes) -> None:
        """Send a request and wait for its answer."""
        self.protocol.data_received(request)
        await self.answered_by_now()

    async def answered_by_now(self) -> None:
        """Let the application answer, and wait until it has."""
        self.go_on.set()
        await self.at_rest()

    async def at_rest(self) -> None:
        """Wait until the application is at no request."""
        while self.protocol.tasks:
            await asyncio.sleep(0)

    def ended(self, reason: str) -> float | None:
        """Return how many connections were ended for a reason."""
        name = "muster_http_connections_ended_total"
        return self.registry.get_sample_value(name, {"reason": reason})


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Give a connection that has just been opened."""
    go_on = asyncio.Event()
    received = asyncio.Queue[Message]()

    async def app(_scope: Message, receive: Receive, send: Send) -> None:
        if not go_on.is_set():
            received.put_nowait(await receive())
            await go_on.wait()
        headers = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"here"})

    loop, transport, registry = FakeLoop(), FakeTransport(), CollectorRegistry()
    config = Config(app, ws="none", log_config=None, timeout_keep_alive=BOUNDS.keep_alive_seconds)
    protocol = BoundedProtocol(
        config,
        ServerState(),
        {},
        loop,  # type: ignore[arg-type]
        bounds=BOUNDS,
        open_connections=OpenConnections(10, 10),
        metrics=HttpMetrics(registry),
        drains=lambda: False,
    )
    protocol.connection_made(transport)
    line = Line(loop, transport, protocol, registry, go_on, received)
    yield line
    protocol.connection_lost(None)
    await line.answered_by_now()


async def test_a_head_has_its_time_from_the_opening(line: Line) -> None:
    assert line.loop.waiting == [10]
    began = line.loop.timers[0]
    for byte in GET[:-1]:
        line.protocol.data_received(bytes([byte]))
    assert [it for it in line.loop.timers if not it.is_cancelled] == [began]
    line.protocol.data_received(GET[-1:])
    assert line.loop.waiting == []


async def test_a_later_head_has_its_time_from_its_first_byte(line: Line) -> None:
    await line.answered(GET)
    assert line.loop.waiting == [150]
    line.protocol.data_received(GET[:1])
    assert line.loop.waiting == [10]


async def test_a_head_that_came_with_the_request_before_has_its_time_from_the_answer(
    line: Line,
) -> None:
    line.protocol.data_received(GET + GET[:1])
    assert line.loop.waiting == []
    await line.answered_by_now()
    assert 10 in line.loop.waiting


async def test_while_it_is_the_turn_of_muster_nothing_is_waited_for(line: Line) -> None:
    line.protocol.data_received(GET)
    assert line.loop.waiting == []
    line.loop.pass_time()
    assert not line.transport.closing


async def test_the_rest_of_a_body_has_its_time_from_the_answer(line: Line) -> None:
    await line.answered(POST)
    assert 20 in line.loop.waiting
    line.protocol.data_received(b"5\r\nabcde\r\n")
    assert 20 in line.loop.waiting
    line.protocol.data_received(b"0\r\n\r\n")
    assert line.loop.waiting == [150]


async def test_who_was_silent_is_told_nothing_and_who_was_slow_is(line: Line) -> None:
    line.loop.pass_time()
    assert (line.transport.closing, line.transport.written) == (True, b"")
    assert line.ended("late") == 1


async def test_a_slow_head_is_answered(line: Line) -> None:
    line.protocol.data_received(GET[:5])
    line.loop.pass_time()
    assert line.transport.closing
    assert line.transport.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert line.ended("late") == 1


async def test_what_is_left_of_an_answer_is_waited_for_as_long_as_it_is_taken(line: Line) -> None:
    line.protocol.data_received(GET)
    line.transport.size = 5_000
    line.protocol.pause_writing()
    assert line.loop.waiting == [30]
    for line.transport.size in (4_000, 3_000, 2_000):
        line.loop.pass_time()
        assert not line.transport.aborted
    line.transport.size = 1_500
    line.loop.pass_time()
    assert line.transport.aborted
    assert line.ended("unread") == 1


async def test_a_client_that_has_caught_up_gets_the_whole_time_again(line: Line) -> None:
    line.protocol.data_received(GET)
    line.transport.size = 5_000
    line.protocol.pause_writing()
    first = line.loop.timers[-1]
    line.protocol.resume_writing()
    line.protocol.pause_writing()
    assert first.is_cancelled
    assert line.loop.waiting == [30]


@pytest.mark.parametrize("how", ["last answer", "idle", "gave way", "refused"])
async def test_a_closing_connection_does_not_wait_for_ever_for_its_client(
    line: Line, how: str
) -> None:
    if how == "refused":
        line.transport.size = 500
        line.protocol.data_received(b"no request\r\n\r\n")
    else:
        await line.answered(LAST if how == "last answer" else GET)
        line.transport.size = 500
    if how == "idle":
        line.loop.pass_time()
    if how == "gave way":
        line.protocol.give_way()
    if how == "last answer":
        line.protocol.pause_writing()
    assert (line.transport.closing, line.transport.aborted) == (True, False)
    assert line.loop.waiting[-1] == 30
    line.loop.pass_time()
    assert line.transport.aborted


async def test_a_client_that_is_behind_gives_way_at_once(line: Line) -> None:
    line.protocol.data_received(GET)
    line.protocol.pause_writing()
    line.protocol.give_way()
    assert line.transport.aborted


async def test_no_timer_keeps_a_connection_that_is_lost(line: Line) -> None:
    await line.answered(GET)
    line.transport.size = 500
    line.protocol.pause_writing()
    assert line.loop.waiting
    line.protocol.connection_lost(ConnectionResetError())
    assert line.loop.waiting == []


async def test_what_comes_after_the_last_request_spoils_no_answer(line: Line) -> None:
    line.protocol.data_received(LAST)
    await line.received.get()
    line.protocol.data_received(GET)
    await line.answered_by_now()
    assert line.transport.written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert line.transport.written.count(b"HTTP/1.1") == 1


async def test_the_application_learns_of_a_body_that_cannot_be_read(line: Line) -> None:
    line.protocol.data_received(POST + b"5\r\nab")
    assert (await line.received.get())["body"] == b"ab"
    line.protocol.data_received(b"cdefgh\r\n")
    assert line.transport.written.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert (await line.protocol.cycle.receive())["type"] == "http.disconnect"
    await line.answered_by_now()
    assert line.transport.written.count(b"HTTP/1.1") == 1
