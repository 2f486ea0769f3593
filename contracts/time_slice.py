"""When does long work let other tasks run? A time slice of a few milliseconds ends in a pause."""

import asyncio
import time

LONGEST_SLICE = 0.01
"""Seconds of work without a pause: a fifth of the time that a request may hold the event loop."""


class TimeSlice:
    """The present time slice of a piece of work, which begins now."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    async def pause_if_over(self) -> None:
        """Let other tasks run and begin a new slice, if the present one is used up."""
        if time.perf_counter() - self._began > LONGEST_SLICE:
            await asyncio.sleep(0)
            self._began = time.perf_counter()
