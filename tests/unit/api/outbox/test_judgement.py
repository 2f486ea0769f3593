"""How many losses pass, and when does a tripped brake open again?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.directory.brake_limits import BrakeLimit, Effect
from api.outbox.judgement import Amounts, BrakeState, judged

LEAVES, DEVICES = Effect.DEACTIVATION, Effect.DEVICE
FRESH = BrakeState(BrakeLimit(5, 10), tripped=False, released=0, people=20, holds_any=False)
TRIPPED = replace(FRESH, tripped=True, released=5, holds_any=True)


def leavers(*devices: int) -> Sequence[Amounts]:
    """Return the losses of people with so many devices each."""
    return [{LEAVES: 1, DEVICES: number} for number in devices]


# --- how much room there is -------------------------------------------------------------------


@pytest.mark.parametrize(("released", "room"), [(0, 5), (3, 2), (5, 0), (9, 0)])
def test_what_has_passed_within_the_hour_counts(released: int, room: int) -> None:
    assert replace(FRESH, released=released).room == room


def test_the_share_of_many_people_counts_more_than_the_number() -> None:
    assert replace(FRESH, people=200).room == 20


def test_a_tripped_brake_that_holds_anything_has_no_room_even_after_the_hour() -> None:
    assert TRIPPED.room == 0
    assert replace(TRIPPED, released=0).room == 0


def test_a_tripped_brake_opens_once_nothing_is_held_and_the_hour_leaves_room() -> None:
    decided = replace(TRIPPED, holds_any=False)
    assert decided.room == 0
    assert replace(decided, released=4).room == 1


def test_a_brake_that_was_reset_lets_pass_what_the_hour_allows_whatever_is_held() -> None:
    assert replace(FRESH, holds_any=True).room == 5


# --- which losses pass ------------------------------------------------------------------------


def test_the_first_pass_and_the_others_are_held() -> None:
    assert judged({LEAVES: 2}, leavers(0, 0, 0, 0)) == [None, None, LEAVES, LEAVES]


def test_a_brake_that_has_held_one_holds_all_that_count_for_it() -> None:
    room = {LEAVES: 9, DEVICES: 3}
    assert judged(room, leavers(2, 2, 0, 1)) == [None, DEVICES, None, DEVICES]


def test_what_one_brake_holds_counts_for_no_other() -> None:
    assert judged({LEAVES: 2, DEVICES: 1}, leavers(3, 0, 0, 0)) == [DEVICES, None, None, LEAVES]


def test_an_effect_without_a_brake_holds_nothing() -> None:
    assert judged({}, leavers(0, 7)) == [None, None]
    assert judged({LEAVES: 2}, leavers(0, 7)) == [None, None]


@given(
    st.lists(st.lists(st.integers(0, 4), max_size=8), max_size=12),
    st.integers(0, 30),
    st.integers(0, 300),
)
def test_any_portions_pass_exactly_the_threshold(
    portions: list[list[int]], number: int, people: int
) -> None:
    limit = BrakeLimit(number, 10)
    leaving = BrakeState(limit, tripped=False, released=0, people=people, holds_any=False)
    for portion in portions:
        told = judged({LEAVES: leaving.room}, leavers(*portion))
        released = leaving.released + told.count(None)
        holds = leaving.holds_any or LEAVES in told
        leaving = replace(leaving, released=released, holds_any=holds, tripped=holds)
    wanted = sum(map(len, portions))
    assert leaving.released == min(wanted, max(number, people // 10))
    assert leaving.tripped == (wanted > leaving.released)


@given(st.lists(st.integers(0, 4), max_size=20), st.integers(0, 30), st.integers(0, 30))
def test_no_more_passes_than_there_is_room(devices: list[int], people: int, most: int) -> None:
    losses = leavers(*devices)
    told = judged({LEAVES: people, DEVICES: most}, losses)
    passed = [loss for loss, why in zip(losses, told, strict=True) if why is None]
    assert sum(it[LEAVES] for it in passed) <= people
    assert sum(it[DEVICES] for it in passed) <= most
    if len(devices) <= people and sum(devices) <= most:
        assert set(told) <= {None}
