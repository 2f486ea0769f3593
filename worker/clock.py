"""What time is it for the worker? Microseconds since the epoch, as times and versions are."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def now() -> int:
    """Return the time of this machine, UTC, in microseconds."""
    return time.time_ns() // 1_000
