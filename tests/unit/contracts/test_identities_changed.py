"""Does a bundle say the same as its events one by one, and is a bad event bad by itself?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identities_changed import decode_all, is_bundle, join, size_with, split
from contracts.identity_changed import (
    IdentityChanged,
    IdentityChangedEnvelope,
    Trace,
    UndecodableEvent,
    decode,
    encode,
)
from tests.compatibility.samples import SAMPLES, TRACE, events, traces

BODIES = [encode(event, TRACE) for event in SAMPLES.values()]
BAD = [b"{}", b'"?"', b"null", b'{"type": "something.else"}', BODIES[0].replace(b"1.0", b"7")]


def shown(decoded: IdentityChangedEnvelope | UndecodableEvent) -> object:
    """Return an event, or the error of one, as values that can be compared."""
    if isinstance(decoded, UndecodableEvent):
        return type(decoded), str(decoded)
    return decoded


def alone(body: bytes) -> object:
    """Return what a single event says."""
    try:
        return shown(decode(body))
    except UndecodableEvent as error:
        return shown(error)


@given(st.lists(st.tuples(events(), traces), min_size=1, max_size=5))
def test_a_bundle_says_what_its_events_say(told: list[tuple[IdentityChanged, Trace]]) -> None:
    bodies = [encode(event, trace) for event, trace in told]
    assert decode_all(join(bodies)) == [decode(body) for body in bodies]


@given(st.lists(st.sampled_from([*BODIES[:4], *BAD]), min_size=1, max_size=6))
def test_an_event_that_cannot_be_read_is_one_error_among_the_others(bodies: list[bytes]) -> None:
    assert [shown(it) for it in decode_all(join(bodies))] == [alone(body) for body in bodies]


def test_a_single_event_is_read_as_it_always_was() -> None:
    assert decode_all(BODIES[0]) == [decode(BODIES[0])]
    assert not is_bundle(BODIES[0])


@pytest.mark.parametrize("body", [b"[", b"[]", b" [ {} ", b"\xff", b""])
def test_bytes_that_are_no_message_at_all_cannot_be_read(body: bytes) -> None:
    with pytest.raises(UndecodableEvent):
        decode_all(body)


def test_an_event_that_leaves_its_bundle_keeps_the_fields_that_this_version_does_not_know() -> None:
    newer = json.loads(BODIES[0]) | {"since": "2.0"}
    [first, second] = split(join([json.dumps(newer).encode(), BODIES[1]]))
    assert json.loads(first) == newer
    assert json.loads(second) == json.loads(BODIES[1])


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=5))
def test_the_bytes_of_a_bundle_are_known_before_it_is_made(bodies: list[bytes]) -> None:
    size = 0
    for body in bodies:
        size = size_with(size, len(body))
    assert size == len(join(bodies))
