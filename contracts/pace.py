"""When does long work give way? After a few milliseconds, so that other requests go on."""

import asyncio
import time

LONGEST_STEP = 0.01
"""Seconds of work without a pause: a fifth of what one request may hold the event loop for."""


class Pace:
    """The pace of one piece of work, which began just now."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    async def breathe(self) -> None:
        """Let others go on, if the work has not done so for a while."""
        if time.perf_counter() - self._since > LONGEST_STEP:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
