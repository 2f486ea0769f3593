"""How long may a client take, and what is it told? uvicorn's protocol, with a time for everything.

uvicorn closes what is idle between requests, and waits for ever for anything else: for a head that
never comes or comes byte by byte, the rest of a body, a client that does not read its answer.
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

from deploy.connection_bounds import Bounds, OpenConnections, Standing, address_of
from deploy.http.framing import UnambiguousConnection
from deploy.http.metrics import Ending, HttpMetrics

RETRY_AFTER_SECONDS = 5
"""An integer: not every provider understands a date."""

KEEP_NOTHING = struct.pack("ii", 1, 0)
"""On, for no second: the system lets go of what is unsent when a socket is closed."""


class Wait(Enum):
    """The states in which a client is waited for, by what has to come from it."""

    HEAD = auto()
    """The first request, or one that has begun to come."""

    REST = auto()
    """The rest of a request that is answered already."""

    NEXT = auto()
    """Another request."""

    NOTHING = auto()
    """It is Muster's turn; for a body that it reads, the application has a time of its own."""


class BoundedProtocol(H11Protocol):
    """A connection, which ends when its client takes too long, or has to give way."""

    conn: UnambiguousConnection

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        bounds: Bounds,
        others: OpenConnections,
        metrics: HttpMetrics,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = UnambiguousConnection()
        self.address = ""
        self._bounds = bounds
        self._others = others
        self._metrics = metrics
        self._wait = Wait.NOTHING
        self._deadline: asyncio.TimerHandle | None = None
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let the client in, if there is room."""
        super().connection_made(transport)
        self.address = address_of(self.client[0]) if self.client else ""
        if self._others.admit(self):
            self._settle()
        else:
            self._metrics.ended(Ending.NO_ROOM)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "There is no room just now; try again")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client. No timer keeps what belongs to it."""
        self._others.leave(self)
        _cancel(self._deadline)
        _cancel(self._next_look)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what was sent, unless it comes after the last request of the connection."""
        ended = self.conn.their_state in {h11.MUST_CLOSE, h11.CLOSED}
        if not (ended or self.transport.is_closing()):
            super().data_received(data)
            self._settle()

    def on_response_complete(self) -> None:
        """Turn to what comes next."""
        super().on_response_complete()
        self._settle()

    def pause_writing(self) -> None:
        """Note that the client takes its answer more slowly than it is given."""
        super().pause_writing()
        self._settle()

    def resume_writing(self) -> None:
        """Note that the client has taken what it was given."""
        super().resume_writing()
        _cancel(self._next_look)
        self._next_look = None
        self._settle()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        super().timeout_keep_alive_handler()
        self._settle()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be read, whether or not the application has begun on it."""
        if self._is_served():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        refusal = self.conn.refusal
        assert refusal is not None, "why uvicorn calls"
        self._answer(refusal.error_status_hint, str(refusal))

    def give_way(self) -> None:
        """Close the connection in favour of another one."""
        self._metrics.ended(Ending.GAVE_WAY)
        if self.flow.write_paused:
            self._drop()
        else:
            self.transport.close()
        self._settle()

    # --- time -------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait for what is to be waited for now. What is waited for already gets no more time."""
        wait = self._waited_for()
        if wait is not self._wait:
            self._wait = wait
            self._begin_to_wait()
        self._others.stand(self, self._standing())
        if self.flow.write_paused or self.transport.is_closing():
            self._look_again()

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
        """Say whether the application is at a request."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # before the first there is none
        return cycle is not None and not cycle.response_complete

    def _begin_to_wait(self) -> None:
        _cancel(self._deadline)
        self._deadline = None
        match self._wait:
            case Wait.HEAD:
                self._deadline = self.loop.call_later(self._bounds.head_seconds, self._late)
            case Wait.REST:
                self._deadline = self.loop.call_later(self._bounds.rest_seconds, self._late)
            case Wait.NEXT:
                self._keep_alive()
            case Wait.NOTHING:
                pass

    def _keep_alive(self) -> None:
        """Wait as long as uvicorn does after an answer; after the rest of a body, it would not."""
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _late(self) -> None:
        self._metrics.ended(Ending.LATE)
        if self._wait is Wait.HEAD and self.conn.trailing_data[0]:
            self._answer(HTTPStatus.REQUEST_TIMEOUT, "The head came too slowly; send it faster")
        else:
            self.transport.close()
            self._settle()

    def _standing(self) -> Standing:
        if self.flow.write_paused or self.transport.is_closing():
            return Standing.BEHIND
        match self._wait:
            case Wait.HEAD | Wait.REST:
                return Standing.ASKING
            case Wait.NEXT:
                return Standing.RESTING
            case Wait.NOTHING:
                return Standing.SERVED

    # --- answers ----------------------------------------------------------------------------

    def _answer(self, status: int, text: str) -> None:
        """Answer without the application, where no answer has begun, and close."""
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
        self._settle()

    def _write(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        self.transport.write(self.conn.send(event))

    def _look_again(self) -> None:
        """See to it that the client goes on taking what it is given."""
        left = self.transport.get_write_buffer_size()
        if self._next_look is None and left:
            seconds = self._bounds.answer_seconds
            self._next_look = self.loop.call_later(seconds, self._look, left)

    def _look(self, before: int) -> None:
        self._next_look = None
        left = self.transport.get_write_buffer_size()
        if left and before - left < self._bounds.least_taken:
            self._metrics.ended(Ending.UNREAD)
            self._drop()
        else:
            self._look_again()

    def _drop(self) -> None:
        """Close at once. The system keeps nothing of what the client has not taken."""
        taken: socket.socket | None = self.transport.get_extra_info("socket")
        if taken is not None:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, KEEP_NOTHING)
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
