"""When are marks settled? Confirmed ones together, a moment later, and all others at once.

A mark that is confirmed and not cleared yet is leased still. If its relay dies then, the event is
published again, as after any crash, and workers ignore it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox import settling
from api.outbox.leasing import Mark
from api.outbox.parcels import Packed
from api.outbox.pauses import pause_before
from api.retries import pause, until_stopped
from contracts.clock import Clock
from contracts.topology import Lane
from contracts.transport import Confirmed, EventOutcome, Rejected, RetryAfter, Unknown

LOG = structlog.get_logger(__name__)

CLEARED_WITHIN = 0.2
"""Seconds after which confirmed marks are cleared. At fifty single writes a second, ten of them
share a transaction, which is a third of what a relay asks of its database."""

CLEARED_AT_ONCE = 400
"""Confirmed marks that are not waited with, as many as the largest batch."""

MOST_CONFIRMED = 5 * CLEARED_AT_ONCE
"""Confirmed marks for which the lanes wait: a slow database must not let their leases end."""

Outcome = tuple[Packed, EventOutcome]
"""An event and its outcome."""


class Settler:
    """Settles the marks of one relay.

    :param chance: returns 0 to 1, so that suspects do not return together.
    """

    def __init__(
        self,
        database: DirectoryDatabase,
        metrics: ApiMetrics,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._chance = chance
        self._confirmed: list[Mark] = []
        self._noted, self._full, self._finished = (asyncio.Event() for _ in range(3))
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def settle(self, outcomes: Sequence[Outcome]) -> int:
        """Settle the marks of a batch; return how many are cleared, or will be, or are rejected.

        Settling a batch again, after an error of the database, is harmless.
        """
        confirmed = [it.mark for it, outcome in outcomes if isinstance(outcome, Confirmed)]
        others = len(confirmed) < len(outcomes)
        rejected = await self._settle_others(outcomes) if others else 0
        self._note(confirmed)
        await self._has_room.wait()
        return len(confirmed) + rejected

    async def clear(self) -> int:
        """Clear the marks that were confirmed until now, and return how many there are."""
        marks, self._confirmed = self._confirmed, []
        try:
            if marks:
                async with self._database.write_at_once() as db:
                    await settling.clear(db, marks, self._clock())
        except BaseException:
            self._confirmed += marks
            raise
        self._note(())
        return len(marks)

    async def clear_together(self) -> None:
        """Clear confirmed marks until ``finish`` is called, and then all that are left."""
        self._finished.clear()
        while True:
            await self._noted.wait()
            await pause(CLEARED_WITHIN, self._full)
            self._noted.clear()
            self._full.clear()
            cleared: int | None = await until_stopped(self._finished)(self.clear)
            if self._finished.is_set() and (cleared is None or not self._confirmed):
                return

    def finish(self) -> None:
        """Clear the marks confirmed by now, and no more: the lanes have come to their ends."""
        for event in (self._finished, self._noted, self._full):
            event.set()

    def _note(self, confirmed: Sequence[Mark]) -> None:
        """Let marks be cleared, together with those that wait for it already."""
        self._confirmed += confirmed
        if self._confirmed:
            self._noted.set()
        if len(self._confirmed) >= CLEARED_AT_ONCE:
            self._full.set()
        if len(self._confirmed) < MOST_CONFIRMED:
            self._has_room.set()
        else:
            self._has_room.clear()

    async def _settle_others(self, outcomes: Sequence[Outcome]) -> int:
        """Settle the marks whose events were not confirmed; return how many were rejected."""
        at = self._clock()
        unpublished: list[Mark] = []
        attempted: dict[Mark, int] = {}
        suspects: dict[Mark, int] = {}
        rejected: dict[Mark, str] = {}
        for it, outcome in outcomes:
            mark = it.mark
            match outcome:
                case Confirmed():
                    continue
                case RetryAfter(seconds=seconds):
                    attempted[mark] = at + int(seconds * 1_000_000)
                case Unknown(suspect=True):
                    wait = pause_before(mark.failed_publications + 1, self._chance())
                    suspects[mark] = at + int(wait * 1_000_000)
                case Unknown():
                    unpublished.append(mark)
                case Rejected(reason=reason):
                    rejected[mark] = reason
        async with self._database.write() as db:
            await settling.postpone(db, attempted)
            await settling.give_back(db, unpublished)
            await settling.suspect(db, suspects)
            await settling.reject(db, rejected, at)
        return len(rejected)

    def report(self, lane: Lane, outcomes: Sequence[Outcome]) -> None:
        """Count publications by their outcomes, and log those that were not confirmed."""
        self._metrics.count_publications(lane, [outcome for _, outcome in outcomes])
        reasons = Counter(it.reason for _, it in outcomes if isinstance(it, Unknown))
        for reason, events in reasons.items():
            LOG.warning("publications_unknown", lane=lane, reason=reason, events=events)
        for it, outcome in outcomes:
            if isinstance(outcome, Rejected):
                named = {"connection": it.mark.connection_id, "identity": it.mark.identity_id}
                LOG.error("event_rejected", **named, bytes=it.size, reason=outcome.reason)
