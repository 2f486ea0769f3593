"""Are requests read as h11 reads them, whichever parser does it and in whatever pieces they come?

h11 with the refusals of ``framing`` is the oracle: after each piece both have read the same.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy.http.framing import LARGEST_HEAD, RefusedRequest, UnambiguousConnection
from deploy.http.request_reader import PLAIN_HEAD, End, Head, Read, RequestReader
from tests.drivers.refused_requests import POST, REFUSED

Story = list[Any]
"""What was read: heads, bodies as far as they came, ends, and a refusal with its status."""


def told(reads: Iterable[Read]) -> Story:
    """Return what was read, with the pieces of each body joined."""
    story: Story = []
    for read in reads:
        if isinstance(read, bytes) and story and isinstance(story[-1], bytes):
            story[-1] += read
        elif read != b"":
            story.append(read)
    return story


@dataclass
class Candidate:
    """Reads as the listener does; each request is answered as soon as it is read."""

    reader: RequestReader = field(default_factory=RequestReader)
    reads: list[Read] = field(default_factory=list)
    refusal: tuple[int, str] | None = None

    def receive(self, data: bytes) -> None:
        if self.refusal or self.reader.has_ended:
            return
        self.reader.receive(data)
        try:
            while (read := self.reader.next(may_begin=not self.reader.is_in_body)) is not None:
                self.reads.append(read)
        except RefusedRequest as error:
            self.refusal = (error.error_status_hint, str(error))


@dataclass
class Oracle:
    """Reads everything by h11."""

    connection: UnambiguousConnection = field(default_factory=UnambiguousConnection)
    reads: list[Read] = field(default_factory=list)
    refusal: tuple[int, str] | None = None

    @property
    def has_ended(self) -> bool:
        return self.refusal is not None or self.connection.their_state is h11.MUST_CLOSE

    def receive(self, data: bytes) -> None:
        if self.has_ended:
            return
        self.connection.receive_data(data)
        try:
            while isinstance(event := self._next(), h11.Event):
                self._take(event)
        except RefusedRequest as error:
            self.refusal = (error.error_status_hint, str(error))

    def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        return h11.NEED_DATA if self.has_ended else self.connection.next_event()

    def _take(self, event: h11.Event) -> None:
        match event:
            case h11.Request():
                expects = self.connection.they_are_waiting_for_100_continue
                version = event.http_version.decode()
                headers = list(event.headers)
                self.reads.append(Head(event.method, event.target, headers, version, expects))
            case h11.Data():
                self.reads.append(bytes(event.data))
            case h11.EndOfMessage():
                self.reads.append(End.END)
                answer = h11.Response(status_code=200, headers=[("content-length", "0")])
                self.connection.send(answer)
                self.connection.send(h11.EndOfMessage())
                if self.connection.our_state is h11.DONE:
                    self.connection.start_next_cycle()
            case _:
                raise AssertionError(event)


def check_alike(pieces: Iterable[bytes]) -> Candidate:
    """Check that both have read the same after each piece."""
    candidate, oracle = Candidate(), Oracle()
    for piece in pieces:
        candidate.receive(piece)
        oracle.receive(piece)
        assert told(candidate.reads) == told(oracle.reads)
        assert candidate.refusal == oracle.refusal
        assert candidate.reader.has_ended == oracle.has_ended
    return candidate


def cut(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """Yield bytes in pieces, cut at some places."""
    edges = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return (data[start:end] for start, end in itertools.pairwise(edges) if start < end)


def mostly(plain: bytes, *odd: bytes) -> st.SearchStrategy[bytes]:
    """Draw what is plain eight times out of nine, so that whole requests are, too."""
    return st.integers(0, 8).flatmap(lambda n: st.just(plain) if n else st.sampled_from(odd))


METHODS = st.sampled_from([b"GET", b"POST", b"PATCH", b"HEAD", b"DELETE"])
ODD_METHODS = (b"OPTIONS", b"CONNECT", b"get", b"PROPFIND", b"PRI", b"G@T")
TARGETS = mostly(
    b"/scim/v2/a/Users?filter=userName%20eq%20%22a%22",
    *(b"/", b"//a", b"/a#b", b'/"<>[]{}|\\^`', b"*", b"http://b/c?d", b"http://b", b"a:443"),
    *(b"/\xc3\xa4", b"/a b", b""),
)
VERSIONS = mostly(b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1")
ENDS = st.integers(0, 60).flatmap(
    lambda n: st.just(b"\r\n") if n else st.sampled_from([b"\n", b"\r", b"\r\r\n", b"\r\n\r\n"])
)
COLONS = mostly(b": ", b":", b":\t ", b" :", b"")
NAMES = st.sampled_from([b"Connection", b"connection", b"X-A", b"Accept", b"Authorization"])
ODD_NAMES = (
    *(b"Host", b"Content-Length", b"content-length", b"Transfer-Encoding", b"Upgrade", b"Expect"),
    *(b"Host ", b" Host", b"Keep-Alive", b"Proxy-Connection", b"", b"Content_Length", b"X\x00"),
    *(b"Trailer", b"HTTP2-Settings", b"Expect-CT"),
)
VALUES = st.sampled_from(
    [b"a", b"keep-alive", b"close", b"Keep-Alive, Close", b"close ,a", b"upgrade", b"closed", b""]
)
ODD_VALUES = (
    *(b"5", b"0", b"05", b"5, 5", b"+5", b"5 5", b"-1", b"9" * 25, b"0x5", b"h2c", b"websocket"),
    *(b"chunked", b"Chunked", b"gzip", b"chunked, gzip", b"100-continue", b"100-Continue"),
    *(b"\ta\t", b"\xff", b"a\x00b", b"a\x7fb", b"a\x01b", b"a\x0bb", b"a\r\n b"),
)
BODIES = st.sampled_from(
    [
        (b"", b""),
        (b"Content-Length: 5\r\n", b"abcde"),
        (b"content-length: 0\r\n", b""),
        (b"Content-Length: 5, 5\r\n", b"abcde"),
        (b"Content-Length: 5\r\nContent-Length: 5\r\n", b"abcde"),
        (b"Transfer-Encoding: chunked\r\n", b"5\r\nabcde\r\n0\r\n\r\n"),
        (b"Transfer-Encoding: Chunked\r\n", b"5;x\r\nabcde\r\n0\r\nA: b\r\n\r\n"),
        (b"Transfer-Encoding: chunked\r\n", b"5 \r\nabcdefg\r\n0\r\n\r\n"),
        (b"Expect: 100-continue\r\nContent-Length: 5\r\n", b"abcde"),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ]
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Draw something that is like a request."""
    method = draw(mostly(draw(METHODS), *ODD_METHODS))
    line = b" ".join([method, draw(TARGETS), draw(VERSIONS)]) + draw(ENDS)
    lines = [mostly(b"Host: a\r\n", b"", b"Host: a\r\nhost:b\r\n")]
    lines += [
        st.tuples(mostly(draw(NAMES), *ODD_NAMES), COLONS, mostly(draw(VALUES), *ODD_VALUES), ENDS)
        .map(b"".join)
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    framing, body = draw(BODIES)
    headers = [framing, *map(draw, lines)]
    return line + b"".join(draw(st.permutations(headers))) + draw(ENDS) + body


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """Draw requests that come one after the other, perhaps with a byte changed somewhere."""
    data = bytearray(b"".join(draw(st.lists(requests(), min_size=1, max_size=3))))
    for _ in range(max(0, draw(st.integers(-3, 2)))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 1))] = draw(st.binary(max_size=1))
    return bytes(data)


PLACES = st.lists(st.integers(0, 2_000), max_size=8)


@given(data=conversations(), places=PLACES)
@example(data=POST + b"Content-Length: 5, 5\r\n\r\nabcde", places=[])
@example(data=POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\nGET / HTTP/1.1\r\n", places=[])
def test_any_requests_in_any_pieces_are_read_as_h11_reads_them(
    data: bytes, places: list[int]
) -> None:
    check_alike(cut(data, places))


@given(data=conversations())
def test_requests_that_come_byte_by_byte_are_read_as_h11_reads_them(data: bytes) -> None:
    check_alike(bytes([byte]) for byte in data)


@given(data=st.binary(max_size=300), places=PLACES)
def test_any_bytes_are_read_as_h11_reads_them(data: bytes, places: list[int]) -> None:
    check_alike(cut(data, places))


@pytest.mark.parametrize("data", [data for data, _ in REFUSED.values()], ids=REFUSED)
def test_what_h11_refuses_is_refused_at_the_same_byte(data: bytes) -> None:
    assert check_alike(bytes([byte]) for byte in data).refusal is not None


@given(more=st.integers(-5, 5), places=st.lists(st.integers(0, LARGEST_HEAD + 100), max_size=5))
def test_a_head_is_bounded_to_the_byte(more: int, places: list[int]) -> None:
    start, end = b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ", b"\r\n\r\n"
    head = start + b"a" * (LARGEST_HEAD + more - len(start) - len(end)) + end
    candidate = check_alike(cut(head + b"GET / HTTP/1.1\r\nHost: b\r\n\r\n", places))
    assert (candidate.refusal is not None) == (more > 0)
    if candidate.refusal:
        assert candidate.refusal[0] == 431


@pytest.mark.parametrize("size", [1, 4_096, 70_000])
def test_a_head_without_an_end_is_refused_when_it_is_too_large(size: int) -> None:
    data = b"GET /" + b"a" * LARGEST_HEAD
    assert check_alike(cut(data, range(0, len(data), size))).refusal is not None


PLAIN = (
    POST + b"Content-Length: 5\r\nConnection: keep-alive\r\n\r\nabcde",
    b"GET /scim/v2/a/Users?filter=a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n\r\n",
)


@pytest.mark.parametrize("data", PLAIN, ids=["a creation", "a search"])
def test_what_providers_send_is_plain(data: bytes) -> None:
    assert PLAIN_HEAD.fullmatch(data[: data.index(b"\r\n\r\n") + 4])


def test_a_request_waits_until_it_may_begin() -> None:
    reader = RequestReader()
    reader.receive(PLAIN[0] + PLAIN[1])
    assert reader.next(may_begin=False) is None
    assert isinstance(reader.next(may_begin=True), Head)
    assert list(iter(lambda: reader.next(may_begin=False), None)) == [b"abcde", End.END]
    assert reader.has_waiting
