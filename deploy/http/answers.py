"""How are answers written? uvicorn writes them, except to HTTP/1.0, which knows no chunks."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent, HTTPResponseBodyEvent, HTTPResponseStartEvent

RETRY_AFTER_SECONDS = 5
"""Seconds as an integer, because not every provider understands a date."""


class AnswerCycle(RequestResponseCycle):
    """A request and its answer.

    uvicorn sends an answer of unknown length in chunks, whatever the version of the request. To a
    client of HTTP/1.0 the end of the connection ends it (RFC 9112 section 6.3).
    """

    ends_with_connection = False

    def __init__(self, *, drains: Callable[[], bool], **of_uvicorn: Any) -> None:
        """Take uvicorn's arguments, and the function that tells whether the process drains.

        uvicorn finds out about a drain a tenth of a second late. An answer before that would have
        its client send another request on a connection that is about to be closed.
        """
        super().__init__(**of_uvicorn)
        self._drains = drains

    async def send(self, message: "ASGISendEvent") -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.keep_alive = self.keep_alive and not self._drains()
            is_old = self.scope["http_version"] == "1.0"
            self.ends_with_connection = is_old and not _has_length(message)
        if not self.ends_with_connection:
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            self._write_head(message)
        elif message["type"] == "http.response.body":
            self._write_piece(message)

    def _write_head(self, message: "HTTPResponseStartEvent") -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        headers = [*self.default_headers, *message.get("headers", []), (b"connection", b"close")]
        lines = (b"%s: %s\r\n" % header for header in headers)
        self.transport.write(b"".join([STATUS_LINE[message["status"]], *lines, b"\r\n"]))

    def _write_piece(self, message: "HTTPResponseBodyEvent") -> None:
        if self.scope["method"] != "HEAD":
            self.transport.write(message.get("body", b""))
        if not message.get("more_body", False):
            self.response_complete = True
            self.message_event.set()
            self.transport.close()
            self.on_response()


def _has_length(message: "HTTPResponseStartEvent") -> bool:
    return any(name.lower() == b"content-length" for name, _ in message.get("headers", []))


def last_answer(status: int, text: str, *, to_head: bool) -> bytes:
    """Return an answer of Muster's own, after which it closes the connection.

    :param to_head: whether the request was HEAD, whose answer has no body.
    """
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(text)),
        "connection": "close",
    }
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[status] + f"{lines}\r\n{'' if to_head else text}".encode()
