"""Which gauges does a scrape set? It sets those of marks, rejections, tokens and the transport."""

import asyncio
from dataclasses import dataclass
from math import inf, nan

from api.access.expiring import next_expiry
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import count_marks
from api.metrics import ApiMetrics
from api.outbox.list_rejections import count_rejected
from contracts.clock import Clock, now
from contracts.transport import Publisher

OBSERVE_SECONDS = 3.0
"""How long a scrape waits for the database, at most; Prometheus itself gives up after ten."""


@dataclass(frozen=True, slots=True)
class ApiObservations:
    """Sets the gauges that are read from the database and the transport at each scrape."""

    metrics: ApiMetrics
    database: DirectoryDatabase
    publisher: Publisher
    clock: Clock = now

    async def observe(self) -> None:
        """Set all gauges; a value that is not available becomes NaN."""
        await asyncio.gather(self._marks(), self._transport())

    async def _marks(self) -> None:
        try:
            async with asyncio.timeout(OBSERVE_SECONDS), self.database.read() as db:
                marks = await count_marks(db, self.clock())
                rejected = await count_rejected(db)
                expiry = await next_expiry(db, self.clock())
        except Exception:  # noqa: BLE001 - a scrape that fails would hide all other metrics
            self.metrics.observe_marks(None)
            self.metrics.unpublishable.set(nan)
            self.metrics.next_token_expiry.set(nan)
        else:
            self.metrics.observe_marks(marks)
            self.metrics.unpublishable.set(rejected)
            self.metrics.next_token_expiry.set(inf if expiry is None else expiry / 1_000_000)

    async def _transport(self) -> None:
        self.metrics.observe_transport(await self.publisher.inspect())
