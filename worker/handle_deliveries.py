"""How are deliveries handled? A handler applies a batch, one by one where that fails."""

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
from worker.dialects import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.locked_out import LOCK_TIMEOUTS, SHORT_LOCK_TIMEOUT, ContendedWorkspaces, delay_of
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
class DecodedDelivery:
    """A delivery with its decoded event."""

    delivery: Delivery
    envelope: IdentityChangedEnvelope

    @property
    def workspace(self) -> str:
        return self.envelope.data.workspace


@dataclass(frozen=True, slots=True)
class Handler:
    """The handler of one lane answers every delivery after the commit, never before.

    ``freed`` is set when refused identities became due, because an obstacle is gone.
    """

    database: DownstreamDatabase
    lane: Lane
    reports: Reports
    stop: asyncio.Event
    clock: Clock = now
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    contended: ContendedWorkspaces = field(default_factory=ContendedWorkspaces)

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply the events of deliveries, and answer them.

        After a stop while the database is away, the rest stays unanswered and is delivered again.
        """
        decoded: list[DecodedDelivery] = []
        time_slice = TimeSlice()
        for delivery in deliveries:
            if (it := await self._decode(delivery)) is not None:
                decoded.append(it)
            await time_slice.pause_if_over()
        contended, others = self.contended.split(decoded)
        try:
            await self._apply(others, LOCK_TIMEOUTS[self.lane])
            await self._apply(contended, SHORT_LOCK_TIMEOUT)
        except DatabaseAway:
            return

    async def _decode(self, delivery: Delivery) -> DecodedDelivery | None:
        """Return a delivery with its event; dead-letter the delivery where it has none."""
        try:
            return DecodedDelivery(delivery, decode(delivery.body))
        except UndecodableEvent as error:
            self.reports.undecodable(str(error))
            await self._answer([delivery.dead_letter(str(error))])
            return None

    async def _apply(self, decoded: Sequence[DecodedDelivery], lock_timeout: float) -> None:
        if not decoded:
            return
        try:
            batch = await self._in_place.run(partial(self._commit, decoded, lock_timeout))
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - one event may spoil the batch by any error
            await self._isolate_failure(decoded, error, lock_timeout)
        else:
            self.reports.applied(batch.applied, self.lane, self.clock())
            await self._answer(it.delivery.ack() for it in decoded)

    async def _commit(self, decoded: Sequence[DecodedDelivery], lock_timeout: float) -> Batch:
        envelopes = [it.envelope for it in decoded]
        with self.reports.batch(self.lane):
            batch = await apply_batch(self.database, envelopes, self.clock(), lock_timeout)
        if batch.freed:
            self.freed.set()
        return batch

    async def _isolate_failure(
        self, decoded: Sequence[DecodedDelivery], error: Exception, lock_timeout: float
    ) -> None:
        """Apply the events of a failed batch apart, so that one of them cannot spoil the others."""
        if is_locked_out(error):
            await self._apply_without_locked_out(decoded, lock_timeout)
        elif len(decoded) == 1:
            await self._retry_or_give_up(decoded[0], error)
        else:
            for it in decoded:
                await self._apply([it], lock_timeout)

    async def _apply_without_locked_out(
        self, decoded: Sequence[DecodedDelivery], lock_timeout: float
    ) -> None:
        """Delay the locked-out events, and apply the rest without another long wait."""
        locked_out = list(decoded) if len(decoded) == 1 else await self._find_locked_out(decoded)
        # A short time-out is no sign: workers that take turns would keep a workspace contended.
        if lock_timeout > SHORT_LOCK_TIMEOUT:
            self.contended.add({it.workspace for it in locked_out})
        for it in locked_out:
            await self._delay_locked_out(it)
        rest = [it for it in decoded if it not in locked_out]
        if locked_out:
            await self._apply(rest, SHORT_LOCK_TIMEOUT)
            return
        for it in rest:  # the lock was released meanwhile, or is on a row not committed yet
            await self._apply([it], SHORT_LOCK_TIMEOUT)

    async def _find_locked_out(self, decoded: Sequence[DecodedDelivery]) -> list[DecodedDelivery]:
        """Return the locked-out deliveries, once no whole table is locked any more."""
        events = [it.envelope.data for it in decoded]
        try:
            locked = await self._in_place.wait_for(partial(find_locked_out, self.database, events))
        except DatabaseAway:
            raise
        except Exception:  # noqa: BLE001 - applying one by one meets the same error
            return []
        return [it for it in decoded if key_of_event(it.envelope.data) in locked]

    async def _delay_locked_out(self, decoded: DecodedDelivery) -> None:
        seconds = delay_of(self.lane, decoded.delivery.attempts)
        self.reports.locked_out(decoded.envelope, self.lane, seconds)
        await self._answer([decoded.delivery.retry(seconds)])

    async def _retry_or_give_up(self, decoded: DecodedDelivery, error: Exception) -> None:
        """Delay an event as long as a retry may help; else give it up."""
        delay = delay_after(decoded.delivery.attempts)
        if is_transient(error) and delay is not None:
            await self._delay(decoded, describe(error), delay)
        else:
            await self._give_up(decoded, error)

    async def _give_up(self, decoded: DecodedDelivery, error: Exception) -> None:
        kind = FailureKind.EXHAUSTED if is_transient(error) else FailureKind.PERMANENT
        attempts = decoded.delivery.attempts + 1
        failed = Failed(decoded.envelope, kind, describe(error), attempts)
        try:
            await self._in_place.run(partial(self._record, failed))
        except DatabaseAway:
            raise
        except Exception as unrecorded:  # noqa: BLE001 - no error may lose the event
            # An event without a recorded failure must not be acknowledged.
            if is_locked_out(unrecorded):
                await self._delay_locked_out(decoded)
                return
            await self._delay(decoded, describe(unrecorded), RETRY_DELAYS[-1])
        else:
            self.reports.failed(failed)
            await self._answer([decoded.delivery.ack()])

    async def _record(self, failed: Failed) -> None:
        async with self.database.write(LOCK_TIMEOUTS[self.lane]) as db:
            await record_failure(db, failed, self.clock())

    async def _delay(self, decoded: DecodedDelivery, error: str, seconds: float) -> None:
        self.reports.delayed(decoded.envelope, error, seconds)
        await self._answer([decoded.delivery.retry(seconds)])

    async def _answer(self, answers: Iterable[Awaitable[None]]) -> None:
        """Send answers. An event whose answer is lost with its connection is delivered again."""
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
