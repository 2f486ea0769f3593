"""When are the notes of requests written? Jobs write them every second, and at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog

from api.retries import pause
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0

LAST_SECONDS = 5.0
"""How long the last writing may take, so that no process hangs at its end."""


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """Calls jobs one after the other, every second; a job that fails is called again then.

    :param jobs: by the names that the log shows.
    """

    jobs: Mapping[str, Callable[[], Awaitable[object]]]
    every_seconds: float = EVERY_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped, and then once more."""
        while not stop.is_set():
            await pause(self.every_seconds, stop)
            if not stop.is_set():
                await self.work()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self.work()

    async def work(self) -> None:
        """Call every job once."""
        for name, job in self.jobs.items():
            try:
                await job()
            except Exception as error:  # noqa: BLE001 - it is called again
                LOG.warning("bookkeeping_failed", job=name, error=told_of(error))
