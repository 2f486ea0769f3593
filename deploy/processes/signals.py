"""How long does a process live? It runs until a signal, then drains within the grace period."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

GRACE_SECONDS = 30
"""Seconds that a drain may take. Orchestrators kill a process after about as long."""


@contextlib.contextmanager
def until_signalled() -> Iterator[asyncio.Event]:
    """Yield an event that SIGINT or SIGTERM sets. A second signal, or the deadline, exits at once.

    Exiting at once is safe: work that is not committed is repeated at the next start.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    deadlines: list[asyncio.TimerHandle] = []

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()
        deadlines.append(loop.call_later(GRACE_SECONDS, os._exit, 1))

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        for deadline in deadlines:
            deadline.cancel()
