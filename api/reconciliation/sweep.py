"""Which events never arrived? A scheduled sweep finds their identities, and marks them again."""

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
from contracts.downstream.sync_states import SyncStates
from contracts.secure_connections.problems import told_of
from contracts.transport import Publisher

LOG = structlog.get_logger(__name__)

SWEEP_SCHEDULE = "sweep"
"""The name of the scheduled job."""

LOOK_SECONDS = 10.0
"""How often a process checks whether a sweep is due."""

SECOND_LOOK_SECONDS = 30.0
"""The wait before marking: a worker that waited for its database may just apply an event."""

LEAVERS_NAMED = 50
"""The most leavers that one line of the log names; ``muster reconcile`` shows all of them."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Marks identities again that are neither applied nor explained, in one process of many.

    ``every_seconds`` is the time between sweeps, ``longest_retry_seconds`` how long an event may
    be on its way. While the transport holds events, a lost event cannot be told from one of these,
    so no identity is marked. Leavers unknown to the directory are logged and left alone: its state
    is older than their leaving.
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
        """Sweep whenever it is due, until cancelled; a failed sweep is left to the next one."""
        while True:
            try:
                if await self.is_due():
                    await self.sweep()
            except Exception as error:  # noqa: BLE001 - the next sweep may succeed
                LOG.warning("sweep_failed", error=told_of(error))
            await self.sleep(min(LOOK_SECONDS, self.every_seconds))

    async def sweep(self) -> int:
        """Sweep once, and return the number of marked identities."""
        is_empty = await self._transport_is_empty()
        lost, leavers = await self._look()
        self._report(leavers)
        marked = 0
        if lost and is_empty:
            await self.sleep(SECOND_LOOK_SECONDS)
            marked = await self._mark_again(lost)
        self.metrics.last_sweep.set(self.clock() / 1_000_000)
        return marked

    async def is_due(self) -> bool:
        """Claim the next sweep; return whether it was due and unclaimed."""
        at = self.clock()
        async with self.directory.write() as db:
            return await claim(db, SWEEP_SCHEDULE, at, at + int(self.every_seconds * 1_000_000))

    async def _transport_is_empty(self) -> bool:
        state = await self.publisher.inspect()
        return state.backlog is not None and state.backlog.is_empty

    async def _look(self) -> tuple[Sequence[Finding], Sequence[Finding]]:
        """Return the findings of lost events, and those of leavers unknown to the directory."""
        at = self.clock()
        moment = Moment(at, settled_before=at - int(self.longest_retry_seconds * 1_000_000))
        reconciliation = Reconciliation(self.directory, self.states, moment)
        found = await reconciliation.with_verdicts(LOST_VERDICTS | {Verdict.LEFT})
        leavers = [it for it in found if it.verdict is Verdict.LEFT]
        return [it for it in found if it.verdict is not Verdict.LEFT], leavers

    async def _mark_again(self, lost: Sequence[Finding]) -> int:
        """Mark the identities that a second look finds lost as well."""
        first = {(it.connection, it.identity) for it in lost}
        second, _ = await self._look()
        still = [it for it in second if (it.connection, it.identity) in first]
        marked = await repair(self.directory, still, self.clock())
        self.metrics.swept.inc(marked)
        LOG.warning("sweep_marked_again", identities=marked)
        return marked

    def _report(self, leavers: Sequence[Finding]) -> None:
        """Log and count the people who have left downstream and are active in the directory."""
        self.metrics.leavers_unknown.set(len(leavers))
        if leavers:
            named = [f"{it.connection}/{it.identity}" for it in leavers[:LEAVERS_NAMED]]
            LOG.warning("leavers_unknown_to_directory", identities=len(leavers), named=named)
