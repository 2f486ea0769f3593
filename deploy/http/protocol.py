"""How long may a client take, and what is it told? A time-out ends each state of a connection.

uvicorn closes a connection that is idle between requests, and waits for ever otherwise: for a head
that never comes or comes byte by byte, for the rest of a body, for a client that does not read its
answer. This subclass of its protocol bounds those waits, and reads requests by a reader of its own.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from uvicorn import Config
from uvicorn._types import HTTPScope
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from deploy.connection_bounds import Bounds, ConnectionState, OpenConnections, address_of
from deploy.http.answers import AnswerCycle, last_answer
from deploy.http.framing import RefusedRequest
from deploy.http.metrics import Ending, HttpMetrics
from deploy.http.request_reader import End, Head, Read, RequestReader

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


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when its client takes too long, or when it has to give way."""

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
        drains: Callable[[], bool],
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._reader = RequestReader()
        self.address = ""
        self._bounds = bounds
        self._open_connections = open_connections
        self._metrics = metrics
        self._drains = drains
        self._wait = Wait.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._next_check: asyncio.TimerHandle | None = None
        self._drained: asyncio.TimerHandle | None = None

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
        _cancel(self._drained)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take received bytes, unless they come after the last request of the connection."""
        if not (self._reader.has_ended or self.transport.is_closing()):
            self._unset_keepalive_if_required()
            self._reader.receive(data)
            self._read_on()
            self._update_wait()

    def on_response_complete(self) -> None:
        """Read on, once an answer is complete."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._read_on()
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

    def shutdown(self) -> None:
        """Answer requests at the end of the process, and wait briefly for the rest of a body."""
        super().shutdown()
        if self._is_served() and self.cycle.more_body:
            seconds = self._bounds.unfinished_seconds
            self._drained = self.loop.call_later(seconds, self._end_unfinished)

    def give_way(self) -> None:
        """Close the connection in favour of another one."""
        self._metrics.ended(Ending.GAVE_WAY)
        if self.flow.write_paused:
            self._abort()
        else:
            self.transport.close()
        self._update_wait()

    # --- requests ---------------------------------------------------------------------------

    def _read_on(self) -> None:
        """Read the bytes that have come, up to the end of the request that is being served."""
        try:
            while (read := self._reader.next(may_begin=not self._is_served())) is not None:
                self._take(read)
        except RefusedRequest as refusal:
            self._refuse(refusal)
        if self._is_served() and self._reader.has_waiting:
            self.flow.pause_reading()  # a later request waits until this one is answered

    def _take(self, read: Read) -> None:
        match read:
            case Head():
                self._unset_keepalive_if_required()
                self._serve(read)
            case bytes() if not self.cycle.response_complete:
                self.cycle.body += read
                if len(self.cycle.body) > HIGH_WATER_LIMIT:
                    self.flow.pause_reading()
                self.cycle.message_event.set()
            case End() if not self.cycle.response_complete:
                self.cycle.more_body = False
                self.cycle.message_event.set()

    def _serve(self, head: Head) -> None:
        self.scope = self._scope_of(head)
        self.cycle = AnswerCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=head.expects_continue,
            keep_alive=head.keeps_open,
            on_response=self.on_response_complete,
            drains=self._drains,
        )
        self._start_asgi_task(self.cycle, self.app)

    def _scope_of(self, head: Head) -> HTTPScope:
        path, _, query = head.target.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": head.version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": head.method.decode(),
            "root_path": self.root_path,
            "path": self.root_path + unquote(path.decode()),
            "raw_path": self.root_path.encode() + path,
            "query_string": query,
            "headers": head.headers,
            "state": self.app_state.copy(),
        }

    def _refuse(self, refusal: RefusedRequest) -> None:
        """Refuse a request that cannot be read, even if the application has begun to serve it."""
        self._answer_instead(refusal.error_status_hint, str(refusal))

    def _answer_instead(self, status: int, text: str) -> None:
        """Answer in place of the application, which is told that its client is gone."""
        if self._is_served():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._answer(status, text)

    def _is_served(self) -> bool:
        """Return whether the application is serving a request."""
        cycle = cast("AnswerCycle | None", self.cycle)  # None before the first request
        return cycle is not None and not cycle.response_complete

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
        if self._is_served():
            return Wait.NOTHING
        if self._reader.is_in_body:
            return Wait.REST
        is_idle = self._reader.method and not self._reader.has_waiting
        return Wait.NEXT if is_idle else Wait.HEAD

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
        if self._wait is Wait.HEAD and self._reader.has_waiting:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "The head came too slowly; send it faster")
        else:
            self.transport.close()
            self._update_wait()

    def _end_unfinished(self) -> None:
        """End a request whose body did not come whole before the process ends."""
        if self._is_served() and self.cycle.more_body:
            self._metrics.ended(Ending.LATE)
            unavailable = HTTPStatus.SERVICE_UNAVAILABLE
            self._answer_instead(unavailable, "The server restarts; send the request again")

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
        has_begun = self.cycle.response_started if self._is_served() else self._reader.is_in_body
        if not has_begun:
            to_head = self._reader.method == b"HEAD"
            self.transport.write(last_answer(status, text, to_head=to_head))
        self.transport.close()
        self._update_wait()

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
