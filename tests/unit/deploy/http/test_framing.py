"""Is every request read in one way only, and its target as a path?"""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.scim.protocol.expression_bounds import LONGEST_EXPRESSION
from deploy.http.framing import RefusedRequest, UnambiguousConnection, in_origin_form
from tests.drivers.refused_requests import POST, REFUSED


def events_of(data: bytes) -> tuple[list[h11.Event], RefusedRequest | None]:
    """Read what a client sent, until more is needed or nothing more is read."""
    connection = UnambiguousConnection()
    connection.receive_data(data)
    events: list[h11.Event] = []
    return events, refusal_of(connection, events)


def refusal_of(
    connection: UnambiguousConnection, events: list[h11.Event] | None = None
) -> RefusedRequest | None:
    """Read on, and return why no more is read."""
    try:
        while isinstance(event := connection.next_event(), h11.Event):
            if events is not None:
                events.append(event)
    except RefusedRequest as error:
        return error
    return None


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_can_be_read_in_two_ways_is_refused(data: bytes, status: int) -> None:
    events, refusal = events_of(data)
    assert refusal is not None
    assert refusal.error_status_hint == status
    assert not [event for event in events if isinstance(event, h11.EndOfMessage)]


@pytest.mark.parametrize("data", [data for data, _ in REFUSED.values()], ids=REFUSED)
def test_nothing_is_read_after_a_refusal(data: bytes) -> None:
    connection = UnambiguousConnection()
    connection.receive_data(data)
    first = refusal_of(connection)
    connection.receive_data(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert first is not None
    assert refusal_of(connection) is first


@pytest.mark.parametrize("data", [data for data, _ in REFUSED.values()], ids=REFUSED)
def test_what_is_told_quotes_nothing_of_what_was_sent(data: bytes) -> None:
    _, refusal = events_of(data)
    assert str(refusal).startswith("Send ") or str(refusal).startswith("End each line")


READ = {
    "a length": (POST + b"Content-Length: 5\r\n\r\nabcde", b"abcde"),
    "a length, twice the same": (POST + b"Content-Length: 5, 5\r\n\r\nabcde", b"abcde"),
    "chunks": (POST + b"Transfer-Encoding: Chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", b"abcde"),
    "neither": (POST + b"\r\n", b""),
    "HTTP/1.0": (b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nabcde", b"abcde"),
}


@pytest.mark.parametrize(("data", "body"), READ.values(), ids=READ)
def test_a_request_with_one_framing_is_read(data: bytes, body: bytes) -> None:
    events, refusal = events_of(data)
    assert refusal is None
    assert b"".join(bytes(it.data) for it in events if isinstance(it, h11.Data)) == body
    assert isinstance(events[-1], h11.EndOfMessage)


def request_for(target: bytes, method: bytes = b"GET") -> h11.Request:
    return h11.Request(method=method, target=target, headers=[(b"Host", b"of.header")])


PATHS = st.text("abcXYZ019%/.~_-?&=+#:@*;", max_size=30).map(lambda text: f"/{text}".encode())
SCHEMES = st.sampled_from([b"http", b"https", b"HTTP", b"hTTps"])
AUTHORITIES = st.sampled_from([b"muster.test", b"127.0.0.1:8000", b"[::1]:8000", b"A.b:"])


@given(scheme=SCHEMES, authority=AUTHORITIES, path=PATHS)
def test_an_absolute_target_means_its_path_as_it_is_spelled(
    scheme: bytes, authority: bytes, path: bytes
) -> None:
    request = in_origin_form(request_for(scheme + b"://" + authority + path))
    assert request.target == path
    assert list(request.headers) == [(b"host", authority)]
    assert request.method == b"GET"


@given(path=PATHS)
def test_a_path_stays_as_it_is(path: bytes) -> None:
    request = request_for(path)
    assert in_origin_form(request) is request


@pytest.mark.parametrize(
    ("target", "path"),
    [(b"http://a", b"/"), (b"https://a?b=c", b"/?b=c"), (b"http://a//b/../c", b"//b/../c")],
)
def test_an_absolute_target_needs_no_path(target: bytes, path: bytes) -> None:
    assert in_origin_form(request_for(target)).target == path


@pytest.mark.parametrize(
    ("method", "target"),
    [
        (b"OPTIONS", b"*"),
        (b"GET", b"*"),
        (b"CONNECT", b"muster.test:443"),
        (b"CONNECT", b"/scim/v2"),
        (b"CONNECT", b"http://muster.test/"),
        (b"GET", b"muster.test:443"),
        (b"GET", b"scim/v2"),
        (b"GET", b"?a"),
        (b"GET", b"http:///scim/v2"),
        (b"GET", b"http:/scim/v2"),
        (b"GET", b"http:scim"),
        (b"GET", b"http://user:password@muster.test/"),
        (b"GET", b"http://muster.test#a"),
        (b"GET", b"ftp://muster.test/"),
        (b"GET", b"file:///etc/passwd"),
    ],
)
def test_a_target_that_is_no_path_on_a_server_is_refused(method: bytes, target: bytes) -> None:
    with pytest.raises(RefusedRequest, match="The target of a request is a path"):
        in_origin_form(request_for(target, method))


@given(st.binary(max_size=200))
def test_whatever_is_sent_is_read_or_refused(data: bytes) -> None:
    events_of(POST + data)


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_head_is_as_large_in_one_piece_as_in_many(size: int) -> None:
    connection = UnambiguousConnection()
    head = POST + b"X-A: %s\r\n\r\n" % (b"a" * 65_000)
    large = head.replace(b"X-A", b"X-A: %s\r\nX-B" % (b"b" * 1_000))
    for start in range(0, len(large), size):
        connection.receive_data(large[start : start + size])
        refusal = refusal_of(connection)
    assert refusal is not None
    assert refusal.error_status_hint == 431
    assert events_of(head)[1] is None


def test_the_longest_filter_fits_into_a_head() -> None:
    target = b"/scim/v2/x/Users?filter=" + b"%22" * LONGEST_EXPRESSION
    token = b"Authorization: Bearer " + b"a" * 1_000
    _, refusal = events_of(b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n" % (target, token))
    assert refusal is None
