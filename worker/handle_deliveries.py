"""How are deliveries handled? A handler applies their events in batches, one by one on failure."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from contracts.clock import Clock, now
from contracts.identities_changed import decode_all
from contracts.identity_changed import UndecodableEvent
from contracts.time_slice import TimeSlice
from contracts.topology import RETRY_DELAYS, Lane
from contracts.tracing import UNTRACED, Tracing
from contracts.transport import DeadLettered, Delivery, RetryAfter, Returned
from worker.apply import Batch, apply_batch
from worker.dialects import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.locked_out import LOCK_TIMEOUTS, SHORT_LOCK_TIMEOUT, ContendedWorkspaces, delay_of
from worker.locked_rows import find_locked_out
from worker.open_deliveries import (
    APPLIED,
    MAX_BATCH_SIZES,
    Answer,
    OpenDelivery,
    ReceivedEvent,
    batches,
)
from worker.planning.facts import key_of_event
from worker.platforms.sql.load import needs_workspace_lock
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
from worker.traced_batches import BatchTracing


@dataclass(frozen=True, slots=True)
class Handler:
    """The handler of one lane answers every delivery after the commit, never before.

    ``freed`` is set when refused identities became due, because an obstacle is gone. ``deciding``
    is held for the batch in hand that locks workspaces first.
    """

    database: DownstreamDatabase
    lane: Lane
    reports: Reports
    stop: asyncio.Event
    clock: Clock = now
    freed: asyncio.Event = field(default_factory=asyncio.Event)
    contended: ContendedWorkspaces = field(default_factory=ContendedWorkspaces)
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    tracing: Tracing = UNTRACED

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Apply the events of deliveries, and answer them.

        After a stop, batches that were not begun stay unanswered and are delivered again, as does
        the rest while the database is away: bundles in hand may take longer than a drain may.
        """
        waiting = deque(batches(await self._open(deliveries), MAX_BATCH_SIZES[self.lane]))
        at_once = min(len(waiting), self.database.transactions_at_once)
        if at_once <= 1:
            await self._apply_each(waiting)
            return
        async with asyncio.TaskGroup() as tasks:
            for _ in range(at_once):
                tasks.create_task(self._apply_each(waiting))

    async def _apply_each(self, waiting: deque[list[ReceivedEvent]]) -> None:
        """Take one batch after the other and apply it, until none is left.

        Two tasks may do so: while the database works on the batch of one, the other plans its own.
        Of batches that lock workspaces first, they apply one at a time: two would gain nothing, as
        the second waits for the first, and an urgent event would wait for both.
        """
        try:
            while waiting and not self.stop.is_set():
                batch = waiting.popleft()
                if any(needs_workspace_lock(it.envelope.data) for it in batch):
                    async with self.deciding:
                        await self._apply_in_time(batch)
                else:
                    await self._apply_in_time(batch)
        except DatabaseAway:
            return

    async def _apply_in_time(self, batch: Sequence[ReceivedEvent]) -> None:
        """Apply a batch, unless a stop has come while it waited for the other one in hand."""
        if self.stop.is_set():
            return
        contended, others = self.contended.split(batch)
        await self._apply(others, LOCK_TIMEOUTS[self.lane])
        await self._apply(contended, SHORT_LOCK_TIMEOUT)

    async def _open(self, deliveries: Sequence[Delivery]) -> list[OpenDelivery]:
        """Decode deliveries; return those with events to apply, and answer the others."""
        opened: list[OpenDelivery] = []
        time_slice = TimeSlice()
        for delivery in deliveries:
            try:
                it = OpenDelivery(delivery, decode_all(delivery.body))
            except UndecodableEvent as error:
                self.reports.undecodable(str(error))
                await self._send([delivery.dead_letter(str(error))])
            else:
                self._set_undecodable_aside(it)
                opened.append(it)
            await time_slice.pause_if_over()
        return await self._without_returned(opened)

    def _set_undecodable_aside(self, delivery: OpenDelivery) -> None:
        for position, error in delivery.undecodable:
            self.reports.undecodable(str(error))
            delivery.answers[position] = DeadLettered(str(error))

    async def _without_returned(self, opened: Sequence[OpenDelivery]) -> list[OpenDelivery]:
        """Let bundles fall apart that came again and again; return the other open deliveries."""
        for delivery in opened:
            if delivery.is_returned_too_often:
                for event in delivery.events:
                    event.answer(Returned())
        await self._send(it.send_answer() for it in opened if it.is_complete)
        return [it for it in opened if not it.is_complete]

    async def _apply(self, events: Sequence[ReceivedEvent], lock_timeout: float) -> None:
        if not events:
            return
        try:
            batch = await self._in_place.run(partial(self._commit, events, lock_timeout))
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - one event may spoil the batch by any error
            await self._isolate_failure(events, error, lock_timeout)
        else:
            self.reports.applied(batch.applied, self.lane, self.clock())
            await self._answer(events, APPLIED)

    async def _commit(self, events: Sequence[ReceivedEvent], lock_timeout: float) -> Batch:
        envelopes = [it.envelope for it in events]
        traced = BatchTracing(self.tracing, self.lane, self.clock)
        watch = traced.watch_for(envelopes)
        async with traced.failing(watch, envelopes):
            with self.reports.batch(self.lane):
                at = self.clock()
                batch = await apply_batch(self.database, envelopes, at, lock_timeout, watch)
        await traced.tell(watch, batch.applied)
        if batch.freed:
            self.freed.set()
        return batch

    async def _isolate_failure(
        self, events: Sequence[ReceivedEvent], error: Exception, lock_timeout: float
    ) -> None:
        """Apply the events of a failed batch apart, so that one of them cannot spoil the others."""
        if is_locked_out(error):
            await self._apply_without_locked_out(events, lock_timeout)
        elif len(events) == 1:
            await self._retry_or_give_up(events[0], error)
        else:
            for it in events:
                await self._apply([it], lock_timeout)

    async def _apply_without_locked_out(
        self, events: Sequence[ReceivedEvent], lock_timeout: float
    ) -> None:
        """Delay the locked-out events, and apply the rest without another long wait."""
        locked_out = list(events) if len(events) == 1 else await self._find_locked_out(events)
        # A short time-out is no sign: workers that take turns would keep a workspace contended.
        if lock_timeout > SHORT_LOCK_TIMEOUT:
            self.contended.add({it.workspace for it in locked_out})
        for it in locked_out:
            await self._delay_locked_out(it)
        rest = [it for it in events if it not in locked_out]
        if locked_out:
            await self._apply(rest, SHORT_LOCK_TIMEOUT)
            return
        for it in rest:  # the lock was released meanwhile, or is on a row not committed yet
            await self._apply([it], SHORT_LOCK_TIMEOUT)

    async def _find_locked_out(self, events: Sequence[ReceivedEvent]) -> list[ReceivedEvent]:
        """Return the locked-out events, once no whole table is locked any more."""
        changes = [it.envelope.data for it in events]
        try:
            locked = await self._in_place.wait_for(partial(find_locked_out, self.database, changes))
        except DatabaseAway:
            raise
        except Exception:  # noqa: BLE001 - applying one by one meets the same error
            return []
        return [it for it in events if key_of_event(it.envelope.data) in locked]

    async def _delay_locked_out(self, event: ReceivedEvent) -> None:
        seconds = delay_of(self.lane, event.attempts)
        self.reports.locked_out(event.envelope, self.lane, seconds)
        await self._answer([event], RetryAfter(seconds))

    async def _retry_or_give_up(self, event: ReceivedEvent, error: Exception) -> None:
        """Delay an event as long as a retry may help; else give it up."""
        delay = delay_after(event.attempts)
        if is_transient(error) and delay is not None:
            await self._delay(event, describe(error), delay)
        else:
            await self._give_up(event, error)

    async def _give_up(self, event: ReceivedEvent, error: Exception) -> None:
        kind = FailureKind.EXHAUSTED if is_transient(error) else FailureKind.PERMANENT
        failed = Failed(event.envelope, kind, describe(error), event.attempts + 1)
        try:
            await self._in_place.run(partial(self._record, failed))
        except DatabaseAway:
            raise
        except Exception as unrecorded:  # noqa: BLE001 - no error may lose the event
            # An event without a recorded failure must not be acknowledged.
            if is_locked_out(unrecorded):
                await self._delay_locked_out(event)
                return
            await self._delay(event, describe(unrecorded), RETRY_DELAYS[-1])
        else:
            self.reports.failed(failed)
            await self._answer([event], APPLIED)

    async def _record(self, failed: Failed) -> None:
        async with self.database.write(LOCK_TIMEOUTS[self.lane]) as db:
            await record_failure(db, failed, self.clock())

    async def _delay(self, event: ReceivedEvent, error: str, seconds: float) -> None:
        self.reports.delayed(event.envelope, error, seconds)
        await self._answer([event], RetryAfter(seconds))

    async def _answer(self, events: Sequence[ReceivedEvent], answer: Answer) -> None:
        """Answer events, and so the deliveries of which no other event is open."""
        for it in events:
            it.answer(answer)
        deliveries = dict.fromkeys(it.of for it in events)
        await self._send(it.send_answer() for it in deliveries if it.is_complete)

    async def _send(self, answers: Iterable[Awaitable[None]]) -> None:
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
