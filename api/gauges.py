"""What of the api's side is looked up whenever somebody scrapes? Marks, failures, the transport."""

import asyncio
from dataclasses import dataclass
from math import nan

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import count_marks
from api.metrics import ApiMetrics
from api.outbox.rejections import count_rejected
from contracts.clock import Clock, now
from contracts.transport import Publisher

OBSERVE_SECONDS = 3.0
"""A scrape waits no longer for the database; Prometheus itself gives up after ten."""


@dataclass(frozen=True, slots=True)
class ApiObservations:
    """Sets the gauges that nobody keeps up to date by counting."""

    metrics: ApiMetrics
    database: DirectoryDatabase
    publisher: Publisher
    clock: Clock = now

    async def observe(self) -> None:
        """Look; what cannot be seen just now is not a number."""
        await asyncio.gather(self._marks(), self._transport())

    async def _marks(self) -> None:
        try:
            async with asyncio.timeout(OBSERVE_SECONDS), self.database.read() as db:
                marks = await count_marks(db, self.clock())
                rejected = await count_rejected(db)
        except Exception:  # noqa: BLE001 - a scrape that fails says nothing at all
            self.metrics.observe_marks(None)
            self.metrics.unpublishable.set(nan)
        else:
            self.metrics.observe_marks(marks)
            self.metrics.unpublishable.set(rejected)

    async def _transport(self) -> None:
        self.metrics.observe_transport(await self.publisher.inspect())
