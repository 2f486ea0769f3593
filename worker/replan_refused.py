"""When are refused identities planned again? A task plans them soon after an obstacle is gone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.clock import Clock, now
from contracts.topology import Lane
from worker.apply import Batch, apply_replans
from worker.dialects import DownstreamDatabase
from worker.locked_out import LOCK_TIMEOUTS, LONGEST_DELAY, SHORT_LOCK_TIMEOUT
from worker.planning.facts import IdentityKey
from worker.reports import Reports
from worker.retries import describe, in_place, is_locked_out, pause, until_stopped
from worker.sync.replans import SWEEP_SECONDS, find_due, mark_refused

MAX_REPLANS = 100
"""Identities in one transaction; few, so that on SQLite events wait briefly for the one writer."""

POLL_SECONDS = 1.0
"""Seconds between searches for identities that another process has freed."""


@dataclass(frozen=True, slots=True)
class Replanning:
    """The task that plans due identities again. Several may run on one database."""

    database: DownstreamDatabase
    reports: Reports
    stop: asyncio.Event
    freed: asyncio.Event
    clock: Clock = now

    async def run(self) -> None:
        """Work until ``stop`` is set."""
        while not self.stop.is_set():
            self.freed.clear()
            if not await until_stopped(self.stop)(self.replan_due):
                await pause(POLL_SECONDS, self.freed, self.stop)

    async def replan_due(self) -> int:
        """Plan one batch of due identities; return the number of those planned."""
        async with self.database.read() as db:
            due = dict(await find_due(db, self.clock(), MAX_REPLANS))
        try:
            return await self._replan(due, LOCK_TIMEOUTS[Lane.URGENT])
        except Exception:  # noqa: BLE001 - one identity may spoil the batch by any error
            return sum([await self._replan_alone(key, event) for key, event in due.items()])

    async def _replan(self, due: Mapping[IdentityKey, str], lock_timeout: float) -> int:
        if not due:
            return 0
        batch: Batch = await in_place()(
            apply_replans, self.database, due, self.clock(), lock_timeout
        )
        self.reports.replanned(batch.applied)
        return len(batch.applied)

    async def _replan_alone(self, key: IdentityKey, event: str) -> int:
        """Plan one identity; after an error it is due later, and the others are not delayed."""
        try:
            return await self._replan({key: event}, SHORT_LOCK_TIMEOUT)
        except Exception as error:  # noqa: BLE001 - the others must not wait for this one
            self.reports.replan_failed(key, describe(error))
            seconds = LONGEST_DELAY[Lane.URGENT] if is_locked_out(error) else SWEEP_SECONDS
            async with self.database.write(SHORT_LOCK_TIMEOUT) as db:
                await mark_refused(db, [key], self.clock() + seconds * 1_000_000)
            return 0
