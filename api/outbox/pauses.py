"""When is a look or a suspect repeated, when does a lane rest, and how large is a batch?

Failures make pauses longer.
"""

from collections.abc import Sequence

from contracts.topology import Lane
from contracts.transport import Confirmed, EventOutcome, RetryAfter, Unknown

SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 60.0
"""Seconds before a failed mark is retried; a short first pause spares its innocent neighbours."""

SHORTEST_LOOK, LONGEST_LOOK = 0.005, 1.0
"""Seconds between looks at an idle lane: short after work of other processes, growing while no mark
is found."""

RESTS, LONGEST_REST = 3.0, 0.025
"""How many times as long as the batches before it a rest takes, which leaves them a quarter of the
time, and its most seconds: a leaver has five."""

LARGEST_BATCH = {Lane.URGENT: 50, Lane.BULK: 400}
"""Marks leased at once. A batch is settled as a whole, so that a small one keeps leavers quick. A
large one spreads the waits for two commits and a confirm over more marks, and its rows hold the
event loop for some ten milliseconds."""


def pause_before(failures: int, chance: float) -> float:
    """Return the seconds before the next try of a mark, which double with each failure.

    :param failures: the number of failures, 1 or more.
    :param chance: 0 to 1, so that marks that failed together do not return together.
    """
    doubled: float = SHORTEST_PAUSE * 2 ** min(failures - 1, 30)
    longest = min(doubled, LONGEST_PAUSE)
    return longest * (1 + chance) / 2


def pause_after(idle: float, *, moved: bool, was_woken: bool) -> float:
    """Return the seconds until the next look at a lane that has no more marks.

    Marks of this process wake the relay, and need no look. Marks that were found without a waking
    are those of another process, which may make more.

    :param idle: the seconds before the last look.
    :param moved: whether the last look has found marks.
    :param was_woken: whether a write of this process has led to it.
    """
    if not moved:
        return min(idle * 2, LONGEST_LOOK)
    return LONGEST_LOOK if was_woken else SHORTEST_LOOK


def rest_after(seconds: float) -> float:
    """Return the seconds of rest after batches, if writes may have made marks meanwhile.

    Where writes follow each other so closely, the next batch gathers some. A batch of one mark
    costs nearly as much as one of many, and would take the processor from the writes themselves.

    :param seconds: how long leasing, publishing and settling the batches took.
    """
    return min(seconds * RESTS, LONGEST_REST)


def next_size(size: int, lane: Lane, outcomes: Sequence[EventOutcome]) -> int:
    """Return the size of a lane's next batch.

    A broken line halves it, so that a broker that breaks it every time makes few suspects.
    """
    if any(isinstance(it, Unknown) and it.suspect for it in outcomes):
        return max(1, size // 2)
    if all(isinstance(it, Confirmed | RetryAfter) for it in outcomes):
        return min(size * 2, LARGEST_BATCH[lane])
    return size


def is_unavailable(outcomes: Sequence[EventOutcome]) -> bool:
    """Return whether the transport did not take all parcels, for a reason of its own."""
    return any(isinstance(it, Unknown) and not it.suspect for it in outcomes)
