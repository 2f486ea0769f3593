"""What of the worker's side is looked up whenever somebody scrapes? What is refused."""

import asyncio
from dataclasses import dataclass

from contracts.transport import Consumer
from worker.dialects import DownstreamDatabase
from worker.metrics import WorkerMetrics
from worker.sync.open_problems import count_standing

OBSERVE_SECONDS = 3.0
"""A scrape waits no longer for the database; Prometheus itself gives up after ten."""


@dataclass(frozen=True, slots=True)
class WorkerObservations:
    """Sets the gauges that nobody keeps up to date by counting."""

    metrics: WorkerMetrics
    database: DownstreamDatabase
    consumer: Consumer

    async def observe(self) -> None:
        """Look; what cannot be seen just now is not a number."""
        self.metrics.connected.set(self.consumer.connected)
        try:
            async with asyncio.timeout(OBSERVE_SECONDS), self.database.read() as db:
                self.metrics.observe_standing(await count_standing(db))
        except Exception:  # noqa: BLE001 - a scrape that fails says nothing at all
            self.metrics.observe_standing(None)
