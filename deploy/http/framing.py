"""Which requests could two servers read differently? Muster refuses them before it serves them.

A proxy in front decides for itself where a request ends. If it and Muster disagree, the rest of one
request becomes the beginning of another client's request (request smuggling). h11 refuses most
requests that RFC 9112 forbids; this module refuses those that the RFC leaves to the recipient.
``request_reader`` brings every request here that is not plain.
"""

import re
from http import HTTPStatus

import h11

LARGEST_HEAD = 64 * 1024
"""Bytes. The longest filter takes three quarters of them, with each character percent-encoded."""

END_OF_HEAD = re.compile(rb"\n\r?\n")

ABSOLUTE_FORM = re.compile(
    rb"https?://(?P<authority>[^/?#@]+)(?P<path>/[^?]*)?(?P<query>\?.*)?", re.IGNORECASE
)

VERSIONS = (b"1.0", b"1.1")

REFUSAL_TEXTS = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "Send less in the head of the request",
    HTTPStatus.NOT_IMPLEMENTED: "Send no Transfer-Encoding but chunked, and that once",
}
"""Texts for the client, by the status that h11 has for an error."""

OTHER_REFUSAL_TEXT = "Send requests as RFC 9112 has them"


class RefusedRequest(h11.RemoteProtocolError):
    """A request that is not served. Its text tells the client the remedy."""

    def __init__(self, text: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(text, error_status_hint=status)


class UnambiguousConnection(h11.Connection):
    """The server's end of a connection, on which each request can be read in one way only.

    ``refusal`` is the error that ended the reading, if any: later bytes are not read.
    ``method`` is that of the last request, and empty before the first one.
    """

    def __init__(self) -> None:
        super().__init__(h11.SERVER, LARGEST_HEAD)
        self.refusal: RefusedRequest | None = None
        self.method = b""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event of h11, with the target of a request in origin-form.

        :raises RefusedRequest: when no further request can be read on this connection.
        """
        if self.refusal is None:
            try:
                return self._next_event()
            except RefusedRequest as error:
                self.refusal = error
            except h11.RemoteProtocolError as error:  # its text may quote the request
                status = error.error_status_hint
                self.refusal = RefusedRequest(
                    REFUSAL_TEXTS.get(HTTPStatus(status), OTHER_REFUSAL_TEXT), status
                )
        raise self.refusal

    def _next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        received = self.trailing_data[0] if self.their_state is h11.IDLE else b""
        _check_size(received)
        event = super().next_event()
        if not isinstance(event, h11.Request):
            return event
        self.method = event.method
        _check_lines(received)
        _check_framing(event)
        return in_origin_form(event)


def in_origin_form(request: h11.Request) -> h11.Request:
    """Return a request with its target as a path, spelled as it was sent (RFC 9112 section 3.2).

    The host of an absolute target replaces the Host header.

    :raises RefusedRequest: when the target is neither a path nor a URL.
    """
    absolute = ABSOLUTE_FORM.fullmatch(request.target)
    is_path = request.target.startswith(b"/")
    if request.method == b"CONNECT" or not (is_path or absolute):
        raise RefusedRequest("The target of a request is a path, or an http:// or https:// URL")
    if absolute is None:
        return request
    others = [(name, value) for name, value in request.headers if name != b"host"]
    return h11.Request(
        method=request.method,
        target=(absolute["path"] or b"/") + (absolute["query"] or b""),
        headers=[(b"host", absolute["authority"]), *others],
        http_version=request.http_version,
    )


def _check_size(received: bytes) -> None:
    """Check the size of a head, which may come in several pieces."""
    if len(received) > LARGEST_HEAD and not END_OF_HEAD.search(received, 0, LARGEST_HEAD):
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise RefusedRequest(REFUSAL_TEXTS[status], status)


def _check_lines(received: bytes) -> None:
    """Check that lines end with CR and LF, and that no header is folded over several lines.

    A server may read LF alone as the end of a line, and a fold as a blank (RFC 9112, 2.2 and 5.2).
    """
    end = END_OF_HEAD.search(received)
    head = received[: end.end()] if end else received
    if head.count(b"\n") != head.count(b"\r\n"):
        raise RefusedRequest("End each line of a head with CR and LF")
    if b"\n " in head or b"\n\t" in head:
        raise RefusedRequest("Send each header on one line")


def _check_framing(request: h11.Request) -> None:
    """Check that the headers agree on the length of the body (RFC 9112 sections 6.1 and 6.3)."""
    if request.http_version not in VERSIONS:
        status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        raise RefusedRequest("Send requests of HTTP 1.0 or 1.1", status)
    names = [name for name, _ in request.headers]
    if b"transfer-encoding" not in names:
        return
    if b"content-length" in names:
        raise RefusedRequest("Send Transfer-Encoding or Content-Length, not both")
    if request.http_version == b"1.0":
        raise RefusedRequest("Send no Transfer-Encoding with HTTP/1.0")
