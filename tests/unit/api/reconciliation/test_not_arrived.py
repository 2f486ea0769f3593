"""Do counts by time tell how many people's states are on their way, without a look at each?"""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from api.reconciliation.not_arrived import OnTheWay, Published, not_arrived, times_before
from contracts.downstream.sync_states import Arrived

NOW = 1_800_000_000_000_000
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000

Person = tuple[int, int]
"""The version that was published last, and the one that has arrived last; 0: none."""


def told(people: Sequence[Person], now: int = NOW) -> OnTheWay:
    """Count people as both sides do; downstream does not know whoever never arrived."""
    times = times_before(now)
    newest = max((arrived for _, arrived in people), default=0)
    published, arrived = (
        [sum(person[side] > time for person in people) for time in times] for side in (0, 1)
    )
    beyond = [version for version, _ in people if version > newest]
    of_directory = Published(len(beyond), min(beyond, default=None), published if people else ())
    return not_arrived(of_directory, Arrived(newest, arrived) if newest else Arrived(), now)


def test_nobody_is_on_the_way_where_everything_has_arrived() -> None:
    assert told([(NOW - HOUR, NOW - HOUR), (NOW, NOW)]) == OnTheWay()
    assert told([]) == OnTheWay()


def test_whoever_never_arrived_is_on_the_way() -> None:
    assert told([(NOW - 5 * SECOND, 0), (NOW, 0)]) == OnTheWay(2, 5.0)


def test_a_worker_that_stands_still_hides_nobody() -> None:
    stopped = NOW - HOUR
    before = [(stopped - number * SECOND, stopped - number * SECOND) for number in range(50)]
    changed_again = [(stopped + number * SECOND, stopped - SECOND) for number in range(1, 31)]
    joined = [(NOW, 0)] * 20
    assert told([*before, *changed_again, *joined]) == OnTheWay(50, 3599.0)


def test_whoever_was_overtaken_is_on_the_way() -> None:
    overtaken = [(NOW - 90 * SECOND, NOW - DAY)] * 7
    assert told([*overtaken, (NOW, NOW)]) == OnTheWay(7, 64.0)


def test_a_state_older_than_every_age_waits_at_least_for_the_longest() -> None:
    assert told([(1, 0), (NOW, NOW)]) == OnTheWay(1, float(2**20))


def test_a_version_downstream_that_the_directory_has_lost_hides_nobody() -> None:
    ahead = (NOW - HOUR, NOW)
    assert told([ahead, (NOW - 60 * SECOND, 0)]).people >= 1


def test_one_of_two_who_were_overtaken_may_hide_the_other() -> None:
    twice = (NOW - 3 * SECOND, NOW - 33 * SECOND)
    hidden = (NOW - 40 * SECOND, 0)
    assert told([twice, hidden, (NOW, NOW)]).people == 1


ARRIVED = st.integers(1, 2**44).map(lambda version: (version, version))
JOINED = st.integers(1, 2**45).map(lambda version: (version, 0))
CHANGED = st.tuples(st.integers(1, 2**45), st.integers(1, 2**45)).map(
    lambda it: (max(it) + 1, min(it))
)


@given(st.lists(st.one_of(ARRIVED, JOINED, CHANGED), max_size=30))
def test_no_more_are_told_than_there_are_and_for_no_longer(people: list[Person]) -> None:
    now = 2**46
    waiting = [now - published for published, arrived in people if arrived < published]
    found = told(people, now)
    assert found.people <= len(waiting)
    assert (found.seconds is None) is (found.people == 0)
    if found.seconds is not None:
        assert round(found.seconds * SECOND) <= max(waiting)


@given(
    st.lists(st.one_of(ARRIVED, JOINED, CHANGED), max_size=30),
    st.lists(st.integers(1, 2**45), max_size=9),
)
def test_all_are_told_where_events_arrive_in_their_order(
    people: list[Person], more: list[int]
) -> None:
    newest = max((arrived for _, arrived in people), default=0)
    settled = [(arrived, arrived) for _, arrived in people if arrived]
    changed = [(newest + later, arrived) for later, (_, arrived) in zip(more, people, strict=False)]
    kept = settled[len(changed) :] if len(changed) < len(settled) else []
    at_rest = [*kept, (newest, newest)] if newest else []
    waiting = [person for person in changed if person[1] < person[0]]
    assert told([*at_rest, *waiting], 2**46).people == len(waiting)
