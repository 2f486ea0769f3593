"""How long may a client take, and what is it told? A time-out ends each state of a connection.

uvicorn closes a connection that is idle between requests, and waits for ever otherwise: for a head
that never comes or comes byte by byte, for the rest of a body, for a client that does not read its
answer. This subclass of its protocol bounds those waits.
"""

import asyncio
import socket
import struct
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from deploy.connection_bounds import Bounds, ConnectionState, OpenConnections, address_of
from deploy.http.framing import UnambiguousConnection
from deploy.http.metrics import Ending, HttpMetrics

RETRY_AFTER_SECONDS = 5
"""Seconds as an integer, because not every provider understands a date."""

NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER, on for 0 seconds: the system discards unsent bytes when a socket is closed."""


class Wait(Enum):
    """The input that a connection waits for."""

    HEAD = auto()
    """The first request, or one that has begun to come."""

    REST = auto()
    """The rest of a request that is answered already."""

    NEXT = auto()
    """The next request, after one that is answered completely."""

    NOTHING = auto()
    """No input: it is Muster's turn. The application has a time-out of its own for a body."""


class BoundedProtocol(H11Protocol):
    """A connection that is closed when its client takes too long, or when it has to give way."""

    conn: UnambiguousConnection

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        bounds: Bounds,
        open_connections: OpenConnections,
        metrics: HttpMetrics,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = UnambiguousConnection()
        self.address = ""
        self._bounds = bounds
        self._open_connections = open_connections
        self._metrics = metrics
        self._wait = Wait.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._next_check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the client if there is room; else answer with 503."""
        super().connection_made(transport)
        self.address = address_of(self.client[0]) if self.client else ""
        if self._open_connections.admit(self):
            self._update_wait()
        else:
            self._metrics.ended(Ending.NO_ROOM)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "There is no room just now; try again")

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the client, and cancel timers, which would keep its objects alive."""
        self._open_connections.remove(self)
        _cancel(self._deadline)
        _cancel(self._next_check)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take received bytes, unless they come after the last request of the connection."""
        ended = self.conn.their_state in {h11.MUST_CLOSE, h11.CLOSED}
        if not (ended or self.transport.is_closing()):
            super().data_received(data)
            self._update_wait()

    def on_response_complete(self) -> None:
        """Wait for the next input, once an answer is complete."""
        super().on_response_complete()
        self._update_wait()

    def pause_writing(self) -> None:
        """Note that the client reads its answer more slowly than it is written."""
        super().pause_writing()
        self._update_wait()

    def resume_writing(self) -> None:
        """Note that the client has caught up with its answer."""
        super().resume_writing()
        _cancel(self._next_check)
        self._next_check = None
        self._update_wait()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._update_wait()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that cannot be read, even if the application has begun to serve it."""
        if self._is_served():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        refusal = self.conn.refusal
        assert refusal is not None, "uvicorn calls this for a refusal only"
        self._answer(refusal.error_status_hint, str(refusal))

    def give_way(self) -> None:
        """Close the connection in favour of another one."""
        self._metrics.ended(Ending.GAVE_WAY)
        if self.flow.write_paused:
            self._abort()
        else:
            self.transport.close()
        self._update_wait()

    # --- time -------------------------------------------------------------------------------

    def _update_wait(self) -> None:
        """Start the time-out of the input that is due now. A wait that goes on is not restarted."""
        wait = self._waited_for()
        if wait is not self._wait:
            self._wait = wait
            self._begin_to_wait()
        self._open_connections.set_state(self, self._state())
        if self.flow.write_paused or self.transport.is_closing():
            self._schedule_progress_check()

    def _waited_for(self) -> Wait:
        if self.transport.is_closing():
            return Wait.NOTHING
        if self.conn.their_state is h11.IDLE:
            is_idle = self.conn.method and not self.conn.trailing_data[0]
            return Wait.NEXT if is_idle else Wait.HEAD
        if self.conn.their_state is h11.SEND_BODY and not self._is_served():
            return Wait.REST
        return Wait.NOTHING

    def _is_served(self) -> bool:
        """Return whether the application is serving a request."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _begin_to_wait(self) -> None:
        _cancel(self._deadline)
        self._deadline = None
        match self._wait:
            case Wait.HEAD:
                self._deadline = self.loop.call_later(self._bounds.head_seconds, self._end_late)
            case Wait.REST:
                self._deadline = self.loop.call_later(self._bounds.rest_seconds, self._end_late)
            case Wait.NEXT:
                self._keep_alive()
            case Wait.NOTHING:
                pass

    def _keep_alive(self) -> None:
        """Start uvicorn's keep-alive timer, which it does not start after the rest of a body."""
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _end_late(self) -> None:
        self._metrics.ended(Ending.LATE)
        if self._wait is Wait.HEAD and self.conn.trailing_data[0]:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "The head came too slowly; send it faster")
        else:
            self.transport.close()
            self._update_wait()

    def _state(self) -> ConnectionState:
        if self.flow.write_paused or self.transport.is_closing():
            return ConnectionState.SLOW_READER
        match self._wait:
            case Wait.HEAD | Wait.REST:
                return ConnectionState.NO_REQUEST
            case Wait.NEXT:
                return ConnectionState.IDLE
            case Wait.NOTHING:
                return ConnectionState.SERVED

    # --- answers ----------------------------------------------------------------------------

    def _answer(self, status: int, text: str) -> None:
        """Close the connection, with an answer of Muster's own if none has begun."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(text)),
                (b"connection", b"close"),
            ]
            if status == HTTPStatus.SERVICE_UNAVAILABLE:
                headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
            reason = STATUS_PHRASES[status]
            body = b"" if self.conn.method == b"HEAD" else text.encode()
            self._write(h11.Response(status_code=status, headers=headers, reason=reason))
            self._write(h11.Data(data=body))
            self._write(h11.EndOfMessage())
        self.transport.close()
        self._update_wait()

    def _write(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self.transport.write(self.conn.send(event))

    def _schedule_progress_check(self) -> None:
        """Schedule a check that the client goes on reading its answer."""
        left = self.transport.get_write_buffer_size()
        if self._next_check is None and left:
            seconds = self._bounds.answer_seconds
            self._next_check = self.loop.call_later(seconds, self._check_progress, left)

    def _check_progress(self, before: int) -> None:
        self._next_check = None
        left = self.transport.get_write_buffer_size()
        if left and before - left < self._bounds.least_taken:
            self._metrics.ended(Ending.UNREAD)
            self._abort()
        else:
            self._schedule_progress_check()

    def _abort(self) -> None:
        """Close at once. The system discards the bytes that the client has not read."""
        taken: socket.socket | None = self.transport.get_extra_info("socket")
        if taken is not None:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
