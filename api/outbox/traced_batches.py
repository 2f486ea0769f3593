"""What does a trace show of the relay? Spans show an event's lease, and its publication in a batch.

A batch is a trace of its own, because it has as many causes as events; it links to them, and the
spans of each event in the trace of its request link back.

While the transport is away, the same events are offered to it again and again. No span tells of
that: the trace shows a gap, and not thousands of spans.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from api.outbox.batches import Batch
from api.outbox.settle_outcomes import Outcome
from contracts.harmless_telling import harmless_telling
from contracts.time_slice import TimeSlice
from contracts.topology import Lane
from contracts.tracing import Attributes, SpanName, Tracing, is_sampled
from contracts.transport import EventOutcome, Rejected, Unknown

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Publication:
    """The events of a batch that were published together, with times in microseconds.

    ``settled_at`` is when the marks were settled, or noted to be cleared with others.
    """

    lane: Lane
    batch: Batch
    outcomes: Sequence[Outcome]
    sent_at: int
    answered_at: int
    settled_at: int


async def tell_publication(tracing: Tracing, told: Publication) -> None:
    """Tell the spans of a publication, for those of its events whose traces are sampled.

    Other tasks run meanwhile: a batch may have hundreds of events, with two spans each.
    """
    if tracing.is_on:
        with harmless_telling(LOG):
            await _tell_batch(tracing, told)


async def _tell_batch(tracing: Tracing, told: Publication) -> None:
    sampled = [
        it for it in told.outcomes if _is_told(it[1]) and is_sampled(it[0].mark.trace.traceparent)
    ]
    if not sampled:
        return
    causes = [it.mark.trace.traceparent for it, _ in sampled]
    batch = tracing.begin(SpanName.RELAY_BATCH, None, at=told.batch.begun_at, links=causes)
    time_slice = TimeSlice()
    for outcome in sampled:
        _tell_event(tracing, told, outcome, batch.traceparent)
        await time_slice.pause_if_over()
    size: Attributes = {"muster.lane": told.lane.value, "muster.events": len(told.outcomes)}
    batch.end(size, at=told.settled_at)


def _is_told(outcome: EventOutcome) -> bool:
    """Return whether an event has spans, as all have but those that wait for a transport."""
    return not (isinstance(outcome, Unknown) and not outcome.suspect)


def _tell_event(tracing: Tracing, told: Publication, event: Outcome, batch: str | None) -> None:
    packed, outcome = event
    mark = packed.mark
    relayed = tracing.begin(
        SpanName.RELAY_EVENT, mark.trace.traceparent, at=told.batch.begun_at, links=[batch]
    )
    if not packed.is_too_large:
        _tell_sending(tracing, told, event, relayed.traceparent)
    relayed.end(
        {
            "muster.connection": mark.connection_id,
            "muster.identity": mark.identity_id,
            "muster.attempts": mark.attempts,
        },
        at=told.settled_at,
        failed="TooLarge" if packed.is_too_large else _failure_of(outcome),
    )


def _tell_sending(tracing: Tracing, told: Publication, event: Outcome, parent: str | None) -> None:
    packed, outcome = event
    published = tracing.begin(SpanName.PUBLISH, parent, at=told.sent_at)
    published.end(
        {"muster.bytes": packed.size, "muster.lane": told.lane.value},
        at=told.answered_at,
        failed=_failure_of(outcome),
    )


def _failure_of(outcome: EventOutcome) -> str:
    return type(outcome).__name__ if isinstance(outcome, Unknown | Rejected) else ""
