"""What was published and never arrived? Looked for on a schedule, and marked again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from api.directory.database import DirectoryDatabase
from api.directory.schedules import claim
from api.metrics import ApiMetrics
from api.reconciliation import Finding, Reconciliation
from api.repair import repair
from contracts.clock import Clock, now
from contracts.downstream_facts import SyncStates
from contracts.transport import Publisher

LOG = structlog.get_logger(__name__)

NAME = "sweep"

LOOK_SECONDS = 10.0
"""How often to see whether a sweep is due."""

SECOND_LOOK_SECONDS = 30.0
"""Before anything is marked: a worker that waited for its database may be applying it just now."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Marks again what is neither applied nor explained. Of several processes one sweeps.

    ``every_seconds`` is the time between sweeps, ``longest_retry_seconds`` how long an event may
    be on its way. While the transport holds anything, nobody can say what is lost.
    """

    directory: DirectoryDatabase
    states: SyncStates
    publisher: Publisher
    metrics: ApiMetrics
    every_seconds: float
    longest_retry_seconds: float
    clock: Clock = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self) -> None:
        """Sweep whenever it is due; one that fails is left to the next. Cancel it to end it."""
        while True:
            try:
                if await self.is_due():
                    await self.sweep()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next one may succeed
                LOG.warning("sweep_failed", error=type(error).__name__)
            await self.sleep(min(LOOK_SECONDS, self.every_seconds))

    async def sweep(self) -> int:
        """Sweep once; return how many identities were marked."""
        marked = 0
        if await self._nothing_waits() and (lost := await self._lost()):
            await self.sleep(SECOND_LOOK_SECONDS)
            before = {(it.connection, it.identity) for it in lost}
            lost = [it for it in await self._lost() if (it.connection, it.identity) in before]
            marked = await repair(self.directory, lost, self.clock())
            self.metrics.swept.inc(marked)
            LOG.warning("sweep_marked_again", identities=marked)
        self.metrics.last_sweep.set(self.clock() / 1_000_000)
        return marked

    async def is_due(self) -> bool:
        """Say whether this process has to sweep now."""
        at = self.clock()
        async with self.directory.write() as db:
            return await claim(db, NAME, at, at + int(self.every_seconds * 1_000_000))

    async def _nothing_waits(self) -> bool:
        state = await self.publisher.look()
        return state.backlog is not None and state.backlog.is_empty

    async def _lost(self) -> Sequence[Finding]:
        settled_before = self.clock() - int(self.longest_retry_seconds * 1_000_000)
        return await Reconciliation(self.directory, self.states, settled_before).lost()
