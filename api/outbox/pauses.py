"""When is a suspect retried, and how large is a batch? Failures lengthen pauses. Pure."""

from collections.abc import Sequence

from contracts.topology import Lane
from contracts.transport import Confirmed, EventOutcome, RetryAfter, Unknown

SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 60.0
"""Seconds before a failed mark is retried; a short first pause spares its innocent neighbours."""

LARGEST_BATCH = {Lane.URGENT: 50, Lane.BULK: 200}
"""Marks leased at once. A batch is settled as a whole, so that a small one keeps leavers quick."""


def pause_before(failures: int, chance: float) -> float:
    """Return the seconds before the next try of a mark, which double with each failure.

    :param failures: the number of failures, 1 or more.
    :param chance: 0 to 1, so that marks that failed together do not return together.
    """
    doubled: float = SHORTEST_PAUSE * 2 ** min(failures - 1, 30)
    longest = min(doubled, LONGEST_PAUSE)
    return longest * (1 + chance) / 2


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
