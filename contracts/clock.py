"""What time is it? Times and versions are microseconds since the epoch."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]

EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)
LAST = datetime.max.replace(tzinfo=UTC)

LARGEST_DIFFERENCE = 60_000_000
"""Microseconds by which the clocks of two machines may differ. Clocks that are synchronised over a
network differ by far less than a second; a time further ahead comes from a clock that was wrong.
"""


def now() -> int:
    """Return the current time."""
    return time.time_ns() // 1_000


def instant_of(microseconds: int) -> datetime:
    """Return the time, in UTC, that lies so many microseconds after the epoch."""
    return EPOCH + microseconds * MICROSECOND


def microseconds_of(instant: datetime) -> int:
    """Return the microseconds from the epoch to a time.

    A time that is in the year 10,000 in UTC counts as the last one that ``instant_of`` can return.
    """
    return (min(instant, LAST) - EPOCH) // MICROSECOND


def lies_ahead(moment: int, at: int) -> bool:
    """Return whether a time lies further ahead than clocks may differ, and so cannot be right."""
    return moment > at + LARGEST_DIFFERENCE


def seconds_since(moment: int, at: int) -> float:
    """Return how many seconds ago a time was, or how far it lies ahead where it cannot be right.

    The true age of a time that cannot be right is unknown. An age of 0 would hide the work that
    waits until the clock has caught up.
    """
    passed = moment - at if lies_ahead(moment, at) else max(0, at - moment)
    return passed / 1_000_000
