"""What time is it? Microseconds since the epoch, as times and versions are stored."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def now() -> int:
    """Return the current time."""
    return time.time_ns() // 1_000
