"""What does a trace show of the worker? It shows the plan of each event, with its actions.

A batch is one transaction for many events, and so a trace of its own that links to their causes.
Each sampled event has a span in the trace of its request, with the plan and the actions below. The
actions of a batch reach the platform together: their spans last from the first statement that saves
them to the commit. Other tasks run while a large batch is told.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from contracts.clock import Clock
from contracts.harmless_telling import harmless_telling
from contracts.identity_changed import IdentityChangedEnvelope
from contracts.time_slice import TimeSlice
from contracts.topology import Lane
from contracts.tracing import Attributes, SpanName, Tracing, is_sampled
from worker.apply import Applied
from worker.batch_watch import BatchWatch
from worker.planning.actions import Action, ChangeDevicePolicy, ReleaseDevice, RemoveDevice
from worker.planning.facts import key_of_event

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BatchTracing:
    """Tells the batches of one lane to a tracing."""

    tracing: Tracing
    lane: Lane
    clock: Clock

    def watch_for(self, envelopes: Iterable[IdentityChangedEnvelope]) -> BatchWatch | None:
        """Return a watch for a batch, or None where no trace of its events is sampled."""
        if self.tracing.is_on and any(is_sampled(it.traceparent) for it in envelopes):
            return BatchWatch(self.clock)
        return None

    @asynccontextmanager
    async def failing(
        self, watch: BatchWatch | None, envelopes: Sequence[IdentityChangedEnvelope]
    ) -> AsyncIterator[None]:
        """Tell the spans of the events of a batch that an error of the block ends."""
        try:
            yield
        except Exception as error:
            if watch is not None:
                with harmless_telling(LOG):
                    await self._tell_failure(watch, envelopes, type(error).__name__)
            raise

    async def tell(self, watch: BatchWatch | None, applied: Sequence[Applied]) -> None:
        """Tell the spans of a batch that was just committed."""
        if watch is not None:
            with harmless_telling(LOG):
                await self._tell_batch(watch, applied)

    async def _tell_batch(self, watch: BatchWatch, applied: Sequence[Applied]) -> None:
        at = self.clock()
        sampled = [it for it in applied if is_sampled(it.envelope.traceparent)]
        batch = self.tracing.begin(
            SpanName.WORKER_BATCH,
            None,
            at=watch.begun_at,
            links=[it.envelope.traceparent for it in sampled],
        )
        time_slice = TimeSlice()
        for it in sampled:
            self._tell_event(watch, it, batch.traceparent, at)
            await time_slice.pause_if_over()
        batch.end({"muster.lane": self.lane.value, "muster.events": len(applied)}, at=at)

    def _tell_event(self, watch: BatchWatch, it: Applied, batch: str | None, at: int) -> None:
        event = self.tracing.begin(
            SpanName.WORKER_EVENT, it.envelope.traceparent, at=watch.begun_at, links=[batch]
        )
        if times := watch.planned.get(key_of_event(it.envelope.data)):
            self._tell_plan(it, event.traceparent, *times)
        for action in it.plan.actions:
            span = self.tracing.begin(SpanName.ACTION, event.traceparent, at=watch.saving_at)
            span.end(_told_of_action(action), at=at)
        event.end(_told_of_event(it.envelope) | {"muster.outcome": it.plan.outcome.value}, at=at)

    def _tell_plan(self, it: Applied, parent: str | None, began: int, ended: int) -> None:
        plan = self.tracing.begin(SpanName.PLAN, parent, at=began)
        refusals = [f"{refused.action}: {refused.reason}" for refused in it.plan.refusals]
        plan.end({"muster.actions": len(it.plan.actions), "muster.refusals": refusals}, at=ended)

    async def _tell_failure(
        self, watch: BatchWatch, envelopes: Sequence[IdentityChangedEnvelope], failed: str
    ) -> None:
        at, time_slice = self.clock(), TimeSlice()
        for it in envelopes:
            if is_sampled(it.traceparent):
                span = self.tracing.begin(
                    SpanName.WORKER_EVENT, it.traceparent, at=watch.begun_at or at
                )
                span.end(_told_of_event(it), at=at, failed=failed)
                await time_slice.pause_if_over()


def _told_of_event(envelope: IdentityChangedEnvelope) -> dict[str, str | int]:
    event = envelope.data
    return {
        "muster.connection": event.connection,
        "muster.identity": event.identity,
        "muster.version": event.version,
        "muster.portal": event.portal.value,
    }


def _told_of_action(action: Action) -> Attributes:
    kind = type(action).__name__
    if isinstance(action, ReleaseDevice | ChangeDevicePolicy | RemoveDevice):
        return {"muster.action": kind, "muster.device": action.device.id}
    return {"muster.action": kind, "muster.account": action.account.id}
