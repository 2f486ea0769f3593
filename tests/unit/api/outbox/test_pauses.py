"""Do suspects come back ever more slowly, and are fewer put at risk while lines break?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outbox.pauses import (
    LARGEST_BATCH,
    LONGEST_LOOK,
    LONGEST_PAUSE,
    LONGEST_REST,
    SHORTEST_LOOK,
    is_unavailable,
    next_size,
    pause_after,
    pause_before,
    rest_after,
)
from contracts.topology import Lane
from contracts.transport import Confirmed, EventOutcome, Rejected, RetryAfter, Unknown
from tests.neighbours.judgement import APPLYING

BROKEN, AWAY = Unknown("connection lost", suspect=True), Unknown("no connection in time")
OUTCOMES = st.lists(
    st.sampled_from([Confirmed(), RetryAfter(5), Rejected("too large"), BROKEN, AWAY]),
    min_size=1,
    max_size=8,
)


def test_pauses_double_until_they_are_a_minute_long() -> None:
    pauses = [pause_before(failures, 1.0) for failures in range(1, 12)]
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(failures=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_a_pause_is_never_longer_than_a_minute_and_never_none(failures: int, chance: float) -> None:
    pause = pause_before(failures, chance)
    assert pause_before(failures, 1.0) / 2 <= pause <= LONGEST_PAUSE


@pytest.mark.parametrize("lane", Lane)
def test_a_line_that_breaks_every_time_makes_ever_fewer_suspects(lane: Lane) -> None:
    size, at_risk = LARGEST_BATCH[lane], 0
    for _ in range(10):
        at_risk += size
        size = next_size(size, lane, [BROKEN] * size)
    assert size == 1
    assert at_risk < 2 * LARGEST_BATCH[lane] + 10


@given(lane=st.sampled_from(Lane), size=st.integers(1, 50), outcomes=OUTCOMES)
def test_batches_grow_only_while_everything_is_taken(
    lane: Lane, size: int, outcomes: list[EventOutcome]
) -> None:
    size_then = next_size(size, lane, outcomes)
    assert 1 <= size_then <= LARGEST_BATCH[lane]
    if BROKEN in outcomes:
        assert size_then <= max(1, size / 2)
    elif size_then > size:
        assert all(isinstance(it, Confirmed | RetryAfter) for it in outcomes)


def test_a_relay_that_writes_wake_looks_no_more_until_the_next_one() -> None:
    assert pause_after(SHORTEST_LOOK, moved=True, was_woken=True) == LONGEST_LOOK


def test_marks_of_other_processes_are_looked_for_soon_and_ever_more_slowly() -> None:
    idle = pause_after(LONGEST_LOOK, moved=True, was_woken=False)
    assert idle == SHORTEST_LOOK
    pauses = [idle := pause_after(idle, moved=False, was_woken=False) for _ in range(9)]
    assert pauses == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, LONGEST_LOOK, LONGEST_LOOK]


@given(seconds=st.floats(0, 3600))
def test_a_rest_is_longer_than_a_quick_batch_and_short_beside_what_leavers_are_promised(
    seconds: float,
) -> None:
    rest = rest_after(seconds)
    assert rest <= APPLYING / 100
    assert rest > seconds or rest == LONGEST_REST or not seconds


@given(outcomes=OUTCOMES)
def test_only_what_is_nobodys_fault_says_that_the_transport_is_unavailable(
    outcomes: list[EventOutcome],
) -> None:
    assert is_unavailable(outcomes) is (AWAY in outcomes)
