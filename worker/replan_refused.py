"""When are refused identities planned again? Soon after something went out of their way."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.clock import Clock, now
from contracts.topology import Lane
from worker.apply import Batch, apply_replans
from worker.dialects import DownstreamDatabase, wait_for_locks
from worker.locked_out import LONGEST_DELAY, PATIENCE, SHORT_PATIENCE
from worker.planning.facts import IdentityKey
from worker.reports import Reports
from worker.retries import describe, is_locked_out, pause, quickly, until_stopped
from worker.sync.replans import SWEEP_SECONDS, find_due, mark_refused

MOST = 100
"""Planned again at once; small, so that on SQLite nobody waits long for the one writer."""

LOOK_SECONDS = 1.0
"""How often to look for what another process freed."""


@dataclass(frozen=True, slots=True)
class Replanning:
    """Plans again whoever is due. Several may run on one database."""

    database: DownstreamDatabase
    reports: Reports
    stop: asyncio.Event
    freed: asyncio.Event
    clock: Clock = now

    async def run(self) -> None:
        """Work until told to stop."""
        while not self.stop.is_set():
            self.freed.clear()
            if not await until_stopped(self.stop)(self.replan_due):
                await pause(LOOK_SECONDS, self.freed, self.stop)

    async def replan_due(self) -> int:
        """Plan one batch of due identities; return how many there were."""
        async with self.database.read() as db:
            due = dict(await find_due(db, self.clock(), MOST))
        try:
            return await self._replan(due, PATIENCE[Lane.URGENT])
        except Exception:  # noqa: BLE001 - whatever it is, it is one identity's
            return sum([await self._replan_alone(key, event) for key, event in due.items()])

    async def _replan(self, due: Mapping[IdentityKey, str], patience: float) -> int:
        if not due:
            return 0
        batch: Batch = await quickly()(apply_replans, self.database, due, self.clock(), patience)
        self.reports.replanned(batch.applied)
        return len(batch.applied)

    async def _replan_alone(self, key: IdentityKey, event: str) -> int:
        """Plan one; whoever fails alone waits for the sweep, or for a lock, and holds up nobody."""
        try:
            return await self._replan({key: event}, SHORT_PATIENCE)
        except Exception as error:  # noqa: BLE001 - the others must not wait for this one
            self.reports.replan_failed(key, describe(error))
            seconds = LONGEST_DELAY[Lane.URGENT] if is_locked_out(error) else SWEEP_SECONDS
            async with self.database.write() as db:
                await wait_for_locks(db, SHORT_PATIENCE)
                await mark_refused(db, [key], self.clock() + seconds * 1_000_000)
            return 0
