"""What becomes of deliveries? Applied as a batch, one by one where that fails, and answered."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from contracts.clock import Clock, now
from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent, decode
from contracts.pace import Pace
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import Delivery
from worker.apply import Batch, apply_batch
from worker.database import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.reports import Reports
from worker.retries import FailureKind, InPlace, delay_after, describe, is_transient
from worker.statements.failures import Failed, record_failure


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery whose event could be read."""

    delivery: Delivery
    envelope: IdentityChangedEnvelope


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

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply and answer.

        Told to stop while the database is away, it leaves the rest unanswered: the transport
        brings it again.
        """
        arrived: list[Arrived] = []
        pace = Pace()
        for delivery in deliveries:
            if (one := await self._read(delivery)) is not None:
                arrived.append(one)
            await pace.breathe()
        try:
            await self._apply(arrived)
        except DatabaseAway:
            return

    async def _read(self, delivery: Delivery) -> Arrived | None:
        try:
            return Arrived(delivery, decode(delivery.body))
        except UndecodableEvent as error:
            self.reports.undecodable(str(error))
            await self._answer([delivery.dead_letter(str(error))])
            return None

    async def _apply(self, arrived: Sequence[Arrived]) -> None:
        if not arrived:
            return
        try:
            batch = await self._in_place.run(partial(self._commit, arrived))
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one event's
            await self._fall_apart(arrived, error)
        else:
            self.reports.applied(batch.applied, self.lane, self.clock())
            await self._answer(one.delivery.ack() for one in arrived)

    async def _commit(self, arrived: Sequence[Arrived]) -> Batch:
        envelopes = [one.envelope for one in arrived]
        with self.reports.batch(self.lane):
            batch = await apply_batch(self.database, envelopes, self.clock())
        if batch.freed:
            self.freed.set()
        return batch

    async def _fall_apart(self, arrived: Sequence[Arrived], error: Exception) -> None:
        """Find the event that spoils the batch: the others are fine without it."""
        if len(arrived) == 1:
            await self._put_off(arrived[0], error)
            return
        for one in arrived:
            await self._apply([one])

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
            await self._delay(arrived, describe(again), RETRY_DELAYS[-1])
        else:
            self.reports.failed(failed)
            await self._answer([arrived.delivery.ack()])

    async def _record(self, failed: Failed) -> None:
        async with self.database.write() as db:
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
    def _in_place(self) -> InPlace:
        return InPlace(
            self.database,
            self.stop,
            paused=partial(self.reports.paused, self.lane),
            resumed=partial(self.reports.resumed, self.lane),
        )
