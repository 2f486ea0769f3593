"""How do dirty identities reach the workers? Lease marks, render, publish, clear; again on doubt.

A crash at any point repeats a publication and never loses one: a mark goes only when its parcel
is confirmed and its identity has not moved on meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from api.directory import dirty_set
from api.directory.database import DirectoryDatabase
from api.directory.dirty_set import Mark
from api.directory.rendering import render
from api.metrics import ApiMetrics
from api.retries import pause, until_stopped
from contracts.clock import Clock, now
from contracts.identity_changed import encode, message_id
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel, Publisher, PublishOutcome, RetryAfter, Unknown

LOG = structlog.get_logger(__name__)

BATCH = {Lane.URGENT: 50, Lane.BULK: 200}
"""Marks leased at once. A batch is settled as a whole, so small ones keep leavers quick."""

LEASE_SECONDS = 60
"""Longer than a batch takes; after a crash its marks wait this long for another relay."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 1.0
"""Seconds between looks at an idle lane: quick after work, patient after nothing."""

PAUSE_AFTER_UNKNOWN = 1.0
"""Seconds before a parcel of unknown fate is sent again."""


class Relay:
    """Moves marks of both lanes to a publisher. Several may run on one directory."""

    def __init__(
        self,
        database: DirectoryDatabase,
        publisher: Publisher,
        metrics: ApiMetrics,
        clock: Clock = now,
    ) -> None:
        self.database = database
        self.publisher = publisher
        self.metrics = metrics
        self.clock = clock
        self._bells = {lane: asyncio.Event() for lane in Lane}

    def wake(self) -> None:
        """Look for marks now: whoever writes in this process says so."""
        for bell in self._bells.values():
            bell.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; the batches in hand are settled first."""
        async with asyncio.TaskGroup() as lanes:
            for lane in Lane:
                lanes.create_task(self._serve(lane, stop))
            await stop.wait()
            self.wake()

    async def _serve(self, lane: Lane, stop: asyncio.Event) -> None:
        idle = SHORTEST_PAUSE
        bell = self._bells[lane]
        while not stop.is_set():
            bell.clear()
            moved: int | None = await until_stopped(stop)(self.move, lane)
            idle = SHORTEST_PAUSE if moved else min(idle * 2, LONGEST_PAUSE)
            if not moved and not stop.is_set():
                await pause(idle, bell)

    async def move(self, lane: Lane) -> int:
        """Publish one batch of a lane and settle it; return how many marks were cleared."""
        marks, parcels = await self._lease(lane)
        if not marks:
            return 0
        outcomes = await self.publisher.publish(parcels)
        self._report(lane, outcomes)
        return await self._settle(marks, outcomes)

    async def _lease(self, lane: Lane) -> tuple[Sequence[Mark], Sequence[Parcel]]:
        started = self.clock()
        until = started + LEASE_SECONDS * 1_000_000
        async with self.database.write() as db:
            marks = await dirty_set.lease(db, lane, BATCH[lane], started, until)
            events = await render(db, marks) if marks else []
        return marks, [
            Parcel(message_id(event), lane, encode(event, mark.trace), mark.attempts)
            for mark, event in zip(marks, events, strict=True)
        ]

    async def _settle(self, marks: Sequence[Mark], outcomes: Sequence[PublishOutcome]) -> int:
        settled = self.clock()
        confirmed: list[Mark] = []
        attempted: dict[Mark, int] = {}
        unknown: dict[Mark, int] = {}
        for mark, outcome in zip(marks, outcomes, strict=True):
            match outcome:
                case Confirmed():
                    confirmed.append(mark)
                case RetryAfter(seconds=seconds):
                    attempted[mark] = settled + int(seconds * 1_000_000)
                case Unknown():
                    unknown[mark] = settled + int(PAUSE_AFTER_UNKNOWN * 1_000_000)
        async with self.database.write() as db:
            await dirty_set.clear(db, confirmed, settled)
            await dirty_set.postpone(db, attempted, attempted=True)
            await dirty_set.postpone(db, unknown, attempted=False)
        return len(confirmed)

    def _report(self, lane: Lane, outcomes: Sequence[PublishOutcome]) -> None:
        self.metrics.count_publications(lane, outcomes)
        reasons = Counter(it.reason for it in outcomes if isinstance(it, Unknown))
        for reason, parcels in reasons.items():
            LOG.warning("publications_unknown", lane=lane, reason=reason, parcels=parcels)
