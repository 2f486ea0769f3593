"""For how long does a request hold the event loop? Longer than a yardstick on this machine?"""

import asyncio
import time
from collections.abc import Awaitable, Callable

LONGEST_HOLD = 0.05
"""Seconds for which one request may hold the loop."""

BEAT = 0.002
"""Seconds between two looks at how late the loop is."""

YARDSTICK = 3_500_000
"""Numbers that are added up in ``LONGEST_HOLD`` on a machine of two cores that is not the newest.
On a slower one, a hold of 50 ms is what takes as long."""

MEASUREMENTS, TRIALS = 20, 5


def longest_hold_here() -> float:
    """Return the seconds for which one request may hold the loop on this machine."""

    def add_up() -> float:
        begun = time.perf_counter()
        sum(range(YARDSTICK))
        return time.perf_counter() - begun

    return max(LONGEST_HOLD, min(add_up() for _ in range(MEASUREMENTS)))


async def hold_of(work: Callable[[], Awaitable[object]]) -> float:
    """Return the longest time, in seconds, for which the loop is held while some work is done."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(BEAT)
            longest = max(longest, time.perf_counter() - begun - BEAT)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    await work()
    await asyncio.sleep(2 * BEAT)
    beating.cancel()
    return longest


async def hold_each_time(work: Callable[[], Awaitable[object]], most: float) -> float:
    """Return the hold of some work; the least of several times, if it was too long at first.

    What else goes on at this machine holds the loop once; the work does so every time.
    """
    least = await hold_of(work)
    for _ in range(TRIALS):
        if least <= most:
            break
        least = min(least, await hold_of(work))
    return least
