"""Which state has a connection after a verb, and what is refused?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.directory.connection_states import ConnectionState, Standing, Verb
from api.errors import ConnectionCloses, ConnectionOff

LIVE, PAUSED, OBSERVING, CLOSING = ConnectionState
OPEN = [LIVE, PAUSED, OBSERVING]


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize(
    ("verb", "after"), [(Verb.PAUSE, PAUSED), (Verb.OBSERVE, OBSERVING), (Verb.RESUME, LIVE)]
)
def test_a_verb_leads_to_its_state_from_any_other(
    state: ConnectionState, verb: Verb, after: ConnectionState
) -> None:
    assert Standing(state).after(verb, 5) == Standing(after)


@pytest.mark.parametrize("state", OPEN)
def test_a_connection_that_is_switched_on_again_has_the_state_that_it_had(
    state: ConnectionState,
) -> None:
    off = Standing(state).after(Verb.OFF, 5)
    assert (off.shown, off.state) == ("off", state)
    assert off.after(Verb.ON, 6) == Standing(state)


def test_a_connection_is_paused_behind_its_switch() -> None:
    off = Standing().after(Verb.OFF, 5).after(Verb.PAUSE, 6)
    assert (off.shown, off.after(Verb.ON, 7).shown) == ("off", "paused")


def test_a_connection_that_is_off_does_not_go_live() -> None:
    with pytest.raises(ConnectionOff, match="switch it on first"):
        Standing(PAUSED, 5).after(Verb.RESUME, 6)


@pytest.mark.parametrize("verb", Verb)
def test_a_connection_that_is_being_deleted_stays_so(verb: Verb) -> None:
    with pytest.raises(ConnectionCloses):
        Standing(CLOSING).after(verb, 5)


@given(st.sampled_from(OPEN), st.none() | st.just(1), st.sampled_from(Verb))
def test_a_verb_that_has_come_true_changes_nothing(
    state: ConnectionState, off: int | None, verb: Verb
) -> None:
    try:
        once = Standing(state, off).after(verb, 5)
    except ConnectionOff:
        return
    if once.switched_off_at is None or verb is not Verb.RESUME:
        assert once.after(verb, 6) == once
