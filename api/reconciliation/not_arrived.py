"""How many people's published states have not arrived downstream? Counts by time tell it. Pure.

No statement reads two databases. So each side counts people by the times of their versions: the
directory by the one that it published last, downstream by the one that has arrived last. All people
are on the way whose version is later than any that has arrived: while no worker runs, these are all
there are. The others were overtaken: among the versions between two times, as many are on their way
as the directory counts more than downstream does.

The sum is a lower bound, because a person who was overtaken is not seen if an earlier version of
the same person, or of another one on the way, has arrived between the same two times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from contracts.clock import seconds_since
from contracts.downstream.sync_states import Arrived

SECOND = 1_000_000
"""Microseconds."""

DOUBLINGS = 20
"""Ages from a second to twelve days, each twice the one before: short where most events arrive."""


@dataclass(frozen=True, slots=True)
class Published:
    """The people of a connection, by the versions that the directory published last.

    ``beyond`` have a later one than any that has arrived, the oldest of them changed at
    ``beyond_since``; ``later`` are counted for each of ``times_before``.
    """

    beyond: int = 0
    beyond_since: int | None = None
    later: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """People whose published state has not arrived: so many at least, and for so long at least.

    ``seconds`` is None where no person is on the way.
    """

    people: int = 0
    seconds: float | None = None


def times_before(now: int) -> Sequence[int]:
    """Return the times by which both sides count, the latest first; the last is before all."""
    return [*(now - SECOND * 2**doubling for doubling in range(DOUBLINGS + 1)), 0]


def not_arrived(published: Published, arrived: Arrived, now: int) -> OnTheWay:
    """Return how many people are on the way, and for how long.

    :param now: the time with which ``times_before`` was called for the counts of both.
    """
    times = times_before(now)
    none = [0] * len(times)
    later, there = published.later or none, arrived.later or none
    first = sum(not people for people in there)
    late = _between([published.beyond, *later[first:]])
    seen = _between([0, *there[first:]])
    missing = [max(0, of - arrived_of) for of, arrived_of in zip(late, seen, strict=True)]
    newer = (arrived.newest, *times[first:])
    since = [time for time, people in zip(newer, missing, strict=False) if people]
    since += [] if published.beyond_since is None else [published.beyond_since]
    if not since:
        return OnTheWay()
    return OnTheWay(published.beyond + sum(missing), seconds_since(min(since), now))


def _between(later: Sequence[int]) -> list[int]:
    """Return the numbers between each time and the next one, of those that are later than each."""
    return [people - before for before, people in pairwise(later)]
