"""What was published and never arrived? Looked for on a schedule, and marked again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.reconciliation.reconcile import Reconciliation
from api.reconciliation.repair import repair
from api.reconciliation.schedules import claim
from api.reconciliation.verdicts import LOST_VERDICTS, Finding, Moment, Verdict
from contracts.clock import Clock, now
from contracts.downstream_facts import SyncStates
from contracts.transport import Publisher

LOG = structlog.get_logger(__name__)

SWEEP_SCHEDULE = "sweep"

LOOK_SECONDS = 10.0
"""How often to see whether a sweep is due."""

SECOND_LOOK_SECONDS = 30.0
"""Before anything is marked: a worker that waited for its database may be applying it just now."""

LEAVERS_NAMED = 50
"""Leavers whom one line of the log names; ``muster reconcile`` shows all of them."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Marks again what is neither applied nor explained. Of several processes one sweeps.

    ``every_seconds`` is the time between sweeps, ``longest_retry_seconds`` how long an event may
    be on its way. While the transport holds anything, nobody can say what is lost. Leavers whom
    the directory does not know are named and left alone: what it would publish is older than
    their leaving.
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
        may_be_on_its_way = not await self._nothing_waits()
        lost, leavers = await self._look()
        self._name(leavers)
        marked = 0
        if lost and not may_be_on_its_way:
            await self.sleep(SECOND_LOOK_SECONDS)
            marked = await self._mark_again(lost)
        self.metrics.last_sweep.set(self.clock() / 1_000_000)
        return marked

    async def is_due(self) -> bool:
        """Say whether this process has to sweep now."""
        at = self.clock()
        async with self.directory.write() as db:
            return await claim(db, SWEEP_SCHEDULE, at, at + int(self.every_seconds * 1_000_000))

    async def _nothing_waits(self) -> bool:
        state = await self.publisher.look()
        return state.backlog is not None and state.backlog.is_empty

    async def _look(self) -> tuple[Sequence[Finding], Sequence[Finding]]:
        """Return what is lost, and which leavers the directory does not know."""
        at = self.clock()
        moment = Moment(at, settled_before=at - int(self.longest_retry_seconds * 1_000_000))
        reconciliation = Reconciliation(self.directory, self.states, moment)
        found = await reconciliation.with_verdicts(LOST_VERDICTS | {Verdict.LEFT})
        leavers = [it for it in found if it.verdict is Verdict.LEFT]
        return [it for it in found if it.verdict is not Verdict.LEFT], leavers

    async def _mark_again(self, lost: Sequence[Finding]) -> int:
        """Mark whatever a second look finds lost as well."""
        before = {(it.connection, it.identity) for it in lost}
        again, _ = await self._look()
        still = [it for it in again if (it.connection, it.identity) in before]
        marked = await repair(self.directory, still, self.clock())
        self.metrics.swept.inc(marked)
        LOG.warning("sweep_marked_again", identities=marked)
        return marked

    def _name(self, leavers: Sequence[Finding]) -> None:
        """Say who has left downstream, though the directory shows them active."""
        self.metrics.leavers_unknown.set(len(leavers))
        if leavers:
            named = [f"{it.connection}/{it.identity}" for it in leavers[:LEAVERS_NAMED]]
            LOG.warning("leavers_unknown_to_directory", identities=len(leavers), named=named)
