"""What becomes of deliveries? Applied as a batch, one by one where that fails, and answered."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from contracts.clock import Clock, now
from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent, decode
from contracts.time_slice import TimeSlice
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import Delivery
from worker.apply import Batch, apply_batch
from worker.dialects import DownstreamDatabase, wait_for_locks
from worker.errors import DatabaseAway
from worker.locked_out import PATIENCE, SHORT_PATIENCE, Suspects, delay_of
from worker.locked_rows import find_locked_out
from worker.planning.facts import key_of_event
from worker.reports import Reports
from worker.retries import (
    FailureKind,
    RetryInPlace,
    delay_after,
    describe,
    is_locked_out,
    is_transient,
)
from worker.sync.record_failure import Failed, record_failure


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery whose event could be read."""

    delivery: Delivery
    envelope: IdentityChangedEnvelope

    @property
    def workspace(self) -> str:
        return self.envelope.data.workspace


@dataclass(frozen=True, slots=True)
class Handler:
    """Answers every delivery of a lane after the commit, never before.

    ``freed`` is set when an obstacle went out of the way of refused identities.
    """

    database: DownstreamDatabase
    lane: Lane
    reports: Reports
    stop: asyncio.Event
    clock: Clock = now
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    suspects: Suspects = field(default_factory=Suspects)

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply and answer.

        Told to stop while the database is away, it leaves the rest unanswered: the transport
        brings it again.
        """
        arrived: list[Arrived] = []
        time_slice = TimeSlice()
        for delivery in deliveries:
            if (one := await self._read(delivery)) is not None:
                arrived.append(one)
            await time_slice.pause_if_over()
        suspected, others = self.suspects.split(arrived)
        try:
            await self._apply(others, PATIENCE[self.lane])
            await self._apply(suspected, SHORT_PATIENCE)
        except DatabaseAway:
            return

    async def _read(self, delivery: Delivery) -> Arrived | None:
        try:
            return Arrived(delivery, decode(delivery.body))
        except UndecodableEvent as error:
            self.reports.undecodable(str(error))
            await self._answer([delivery.dead_letter(str(error))])
            return None

    async def _apply(self, arrived: Sequence[Arrived], patience: float) -> None:
        if not arrived:
            return
        try:
            batch = await self._in_place.run(partial(self._commit, arrived, patience))
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one event's
            await self._fall_apart(arrived, error, patience)
        else:
            self.reports.applied(batch.applied, self.lane, self.clock())
            await self._answer(one.delivery.ack() for one in arrived)

    async def _commit(self, arrived: Sequence[Arrived], patience: float) -> Batch:
        envelopes = [one.envelope for one in arrived]
        with self.reports.batch(self.lane):
            batch = await apply_batch(self.database, envelopes, self.clock(), patience)
        if batch.freed:
            self.freed.set()
        return batch

    async def _fall_apart(
        self, arrived: Sequence[Arrived], error: Exception, patience: float
    ) -> None:
        """Find the event that spoils the batch: the others are fine without it."""
        if is_locked_out(error):
            await self._without_locked_out(arrived, patience)
        elif len(arrived) == 1:
            await self._put_off(arrived[0], error)
        else:
            for one in arrived:
                await self._apply([one], patience)

    async def _without_locked_out(self, arrived: Sequence[Arrived], patience: float) -> None:
        """Set aside who is locked out, and apply the rest, which has waited long enough."""
        out = list(arrived) if len(arrived) == 1 else await self._locked_out_of(arrived)
        if patience > SHORT_PATIENCE:  # or those who only take turns would be suspected for ever
            self.suspects.add({one.workspace for one in out})
        for one in out:
            await self._lock_out(one)
        rest = [one for one in arrived if one not in out]
        if out:
            await self._apply(rest, SHORT_PATIENCE)
            return
        for one in rest:  # it was let go meanwhile, or is no row that is there
            await self._apply([one], SHORT_PATIENCE)

    async def _locked_out_of(self, arrived: Sequence[Arrived]) -> list[Arrived]:
        """Return who is locked out; while a whole table is locked, wait, because that is all."""
        events = [one.envelope.data for one in arrived]
        try:
            locked = await self._in_place.wait_for(partial(find_locked_out, self.database, events))
        except DatabaseAway:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, trying one by one shows it
            return []
        return [one for one in arrived if key_of_event(one.envelope.data) in locked]

    async def _lock_out(self, arrived: Arrived) -> None:
        seconds = delay_of(self.lane, arrived.delivery.attempts)
        self.reports.locked_out(arrived.envelope, self.lane, seconds)
        await self._answer([arrived.delivery.retry(seconds)])

    async def _put_off(self, arrived: Arrived, error: Exception) -> None:
        """Try a single event again later, as long as that may help; else give it up."""
        delay = delay_after(arrived.delivery.attempts)
        if is_transient(error) and delay is not None:
            await self._delay(arrived, describe(error), delay)
        else:
            await self._give_up(arrived, error)

    async def _give_up(self, arrived: Arrived, error: Exception) -> None:
        kind = FailureKind.EXHAUSTED if is_transient(error) else FailureKind.PERMANENT
        attempts = arrived.delivery.attempts + 1
        failed = Failed(arrived.envelope, kind, describe(error), attempts)
        try:
            await self._in_place.run(partial(self._record, failed))
        except DatabaseAway:
            raise
        except Exception as again:  # noqa: BLE001 - whatever it is, the event must not be lost
            # Nothing may be acknowledged that left no trace.
            if is_locked_out(again):
                await self._lock_out(arrived)
                return
            await self._delay(arrived, describe(again), RETRY_DELAYS[-1])
        else:
            self.reports.failed(failed)
            await self._answer([arrived.delivery.ack()])

    async def _record(self, failed: Failed) -> None:
        async with self.database.write() as db:
            await wait_for_locks(db, PATIENCE[self.lane])
            await record_failure(db, failed, self.clock())

    async def _delay(self, arrived: Arrived, error: str, seconds: float) -> None:
        self.reports.delayed(arrived.envelope, error, seconds)
        await self._answer([arrived.delivery.retry(seconds)])

    async def _answer(self, answers: Iterable[Awaitable[None]]) -> None:
        """Send answers. One that is lost with its connection brings the event again."""
        for result in await asyncio.gather(*answers, return_exceptions=True):
            if isinstance(result, BaseException):
                self.reports.answer_lost(describe(result))

    @property
    def _in_place(self) -> RetryInPlace:
        return RetryInPlace(
            self.database,
            self.stop,
            paused=partial(self.reports.paused, self.lane),
            resumed=partial(self.reports.resumed, self.lane),
        )
