"""What time is it? Microseconds since the epoch, as times and versions are stored."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], int]

EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)

LARGEST_DIFFERENCE = 60_000_000
"""Microseconds by which the clocks of two machines may differ. Those that are kept over a network
differ by far less than a second; a time that lies further ahead comes from a clock that was wrong.
"""


def now() -> int:
    """Return the current time."""
    return time.time_ns() // 1_000


def instant_of(microseconds: int) -> datetime:
    """Return the time that so many microseconds since the epoch are."""
    return EPOCH + microseconds * MICROSECOND


def microseconds_of(instant: datetime) -> int:
    """Return how many microseconds since the epoch a time is."""
    return (instant - EPOCH) // MICROSECOND


def lies_ahead(moment: int, at: int) -> bool:
    """Say whether a time lies further ahead than clocks may differ, and so cannot be right."""
    return moment > at + LARGEST_DIFFERENCE


def seconds_since(moment: int, at: int) -> float:
    """Return how long ago a time was; of one that cannot be right, how far off it is.

    Nobody knows how long ago that really was. An age of 0 would hide whatever waits until the
    clock has caught up.
    """
    passed = moment - at if lies_ahead(moment, at) else max(0, at - moment)
    return passed / 1_000_000
