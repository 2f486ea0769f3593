"""What becomes of deliveries? Applied as a batch, one by one where that fails, and answered."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from contracts.clock import Clock, now
from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent, decode
from contracts.topology import RETRY_DELAYS
from contracts.transport import Delivery
from worker import reports
from worker.apply import Batch, apply_batch
from worker.database import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.retries import FailureKind, delay_after, describe, in_place, is_transient
from worker.statements.failures import Failed, record_failure


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery whose event could be read."""

    delivery: Delivery
    envelope: IdentityChangedEnvelope


@dataclass(frozen=True, slots=True)
class Handler:
    """Answers every delivery after the commit, never before.

    ``freed`` is set when an obstacle went out of the way of refused identities.
    """

    database: DownstreamDatabase
    stop: asyncio.Event
    clock: Clock = now
    freed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply and answer.

        Told to stop while the database is away, it leaves the rest unanswered: the transport
        brings it again.
        """
        arrived = [one for it in deliveries if (one := await self._read(it)) is not None]
        try:
            await self._apply(arrived)
        except DatabaseAway:
            return

    async def _read(self, delivery: Delivery) -> Arrived | None:
        try:
            return Arrived(delivery, decode(delivery.body))
        except UndecodableEvent as error:
            reports.report_undecodable(str(error))
            await _answer([delivery.dead_letter(str(error))])
            return None

    async def _apply(self, arrived: Sequence[Arrived]) -> None:
        if not arrived:
            return
        try:
            batch = await in_place(partial(self._commit, arrived), self.database, self.stop)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it is one event's
            await self._fall_apart(arrived, error)
        else:
            reports.report_applied(batch.applied)
            await _answer(one.delivery.ack() for one in arrived)

    async def _commit(self, arrived: Sequence[Arrived]) -> Batch:
        batch = await apply_batch(self.database, [one.envelope for one in arrived], self.clock())
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
            await in_place(partial(self._record, failed), self.database, self.stop)
        except DatabaseAway:
            raise
        except Exception as again:  # noqa: BLE001 - whatever it is, the event must not be lost
            # Nothing may be acknowledged that left no trace.
            await self._delay(arrived, describe(again), RETRY_DELAYS[-1])
        else:
            reports.report_failure(failed)
            await _answer([arrived.delivery.ack()])

    async def _record(self, failed: Failed) -> None:
        async with self.database.write() as db:
            await record_failure(db, failed, self.clock())

    async def _delay(self, arrived: Arrived, error: str, seconds: float) -> None:
        reports.report_retry(arrived.envelope, error, seconds)
        await _answer([arrived.delivery.retry(seconds)])


async def _answer(answers: Iterable[Awaitable[None]]) -> None:
    """Send answers. One that is lost with its connection brings the event again, as a stale one."""
    for result in await asyncio.gather(*answers, return_exceptions=True):
        if isinstance(result, BaseException):
            reports.report_lost_answer(describe(result))
