"""When is a suspect tried again, and how many marks are put at risk at once? Pure."""

from collections.abc import Sequence

from contracts.topology import Lane
from contracts.transport import Confirmed, PublishOutcome, RetryAfter, Unknown

SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 60.0
"""Seconds before a mark that failed is tried again; the first pause keeps its neighbours quick."""

LARGEST_BATCH = {Lane.URGENT: 50, Lane.BULK: 200}
"""Marks leased at once. A batch is settled as a whole, so small ones keep leavers quick."""


def pause_before(failures: int, chance: float) -> float:
    """Return the seconds before the next try of a mark: twice as many after each failure.

    :param failures: how many there were, 1 or more.
    :param chance: 0 to 1, so that marks that failed together do not come back together.
    """
    doubled: float = SHORTEST_PAUSE * 2 ** min(failures - 1, 30)
    longest = min(doubled, LONGEST_PAUSE)
    return longest * (1 + chance) / 2


def next_size(size: int, lane: Lane, outcomes: Sequence[PublishOutcome]) -> int:
    """Return how many marks the next batch of a lane has.

    Half as many where the line broke: a broker that breaks it every time makes few suspects then.
    """
    if any(isinstance(it, Unknown) and it.suspect for it in outcomes):
        return max(1, size // 2)
    if all(isinstance(it, Confirmed | RetryAfter) for it in outcomes):
        return min(size * 2, LARGEST_BATCH[lane])
    return size


def is_unavailable(outcomes: Sequence[PublishOutcome]) -> bool:
    """Say whether the transport did not take everything, for a reason that is its own."""
    return any(isinstance(it, Unknown) and not it.suspect for it in outcomes)
