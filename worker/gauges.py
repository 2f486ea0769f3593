"""Which gauges does the worker read at each scrape? A scrape reads connection and open problems."""

import asyncio
from dataclasses import dataclass

from contracts.transport import Consumer
from worker.dialects import DownstreamDatabase
from worker.metrics import WorkerMetrics
from worker.sync.open_problems import count_open_problems

OBSERVE_SECONDS = 3.0
"""Seconds that a scrape waits for the database; Prometheus itself gives up after ten."""


@dataclass(frozen=True, slots=True)
class WorkerObservations:
    """Reads the values of gauges that are not counted as events happen."""

    metrics: WorkerMetrics
    database: DownstreamDatabase
    consumer: Consumer

    async def observe(self) -> None:
        """Set the gauges; a value that cannot be read is NaN."""
        self.metrics.connected.set(self.consumer.connected)
        try:
            async with asyncio.timeout(OBSERVE_SECONDS), self.database.read() as db:
                self.metrics.observe_open_problems(await count_open_problems(db))
        except Exception:  # noqa: BLE001 - a scrape that fails loses all other metrics
            self.metrics.observe_open_problems(None)
