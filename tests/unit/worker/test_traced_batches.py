"""Which batches of a worker are told to a tracing, and what of one that has failed?"""

import asyncio

import pytest
from structlog.testing import capture_logs

from contracts.clock import now
from contracts.identity_changed import IdentityChangedEnvelope, Trace, decode, encode
from contracts.topology import Lane
from contracts.tracing import UNTRACED, unsampled
from tests.compatibility.samples import SAMPLES, TRACE
from tests.drivers.told_spans import UNTOLD, BrokenTracing, ToldSpans
from worker.apply import Applied
from worker.planning.actions import Outcome, Plan
from worker.planning.facts import SyncRecord, key_of_event
from worker.traced_batches import BatchTracing

LARGE = 2_000
"""Events of a batch that takes several time slices to tell on any machine."""

UNSAMPLED = Trace(correlation_id="c", traceparent=unsampled(TRACE.traceparent))


def received(trace: Trace) -> IdentityChangedEnvelope:
    return decode(encode(SAMPLES["store-joiner"], trace))


@pytest.fixture
def told() -> ToldSpans:
    return ToldSpans()


@pytest.fixture
def traced(told: ToldSpans) -> BatchTracing:
    return BatchTracing(told.tracing, Lane.BULK, now)


def test_a_batch_is_watched_where_the_trace_of_one_of_its_events_is_sampled(
    traced: BatchTracing,
) -> None:
    assert traced.watch_for([received(UNSAMPLED), received(TRACE)]) is not None
    assert traced.watch_for([received(UNSAMPLED)]) is None
    untraced = BatchTracing(UNTRACED, Lane.BULK, now)
    assert untraced.watch_for([received(TRACE)]) is None


async def test_of_a_failed_batch_each_sampled_event_tells_the_type_of_the_error_alone(
    traced: BatchTracing, told: ToldSpans
) -> None:
    envelopes = [received(UNSAMPLED), received(TRACE)]
    watch = traced.watch_for(envelopes)
    with pytest.raises(ValueError, match="zebedee"):
        async with traced.failing(watch, envelopes):
            raise ValueError("zebedee")
    [span] = told.spans
    assert (span.name, span.status.is_ok) == ("worker.event", False)
    assert (span.attributes or {})["error.type"] == "ValueError"
    assert "zebedee" not in span.to_json()


async def test_an_error_of_the_telling_does_not_take_the_place_of_that_of_the_batch() -> None:
    traced = BatchTracing(BrokenTracing(), Lane.BULK, now)
    envelopes = [received(TRACE)]
    watch = traced.watch_for(envelopes)
    with capture_logs() as log, pytest.raises(ValueError, match="ada"):
        async with traced.failing(watch, envelopes):
            raise ValueError("ada")
    assert log == [UNTOLD]


async def test_other_tasks_run_while_a_large_batch_is_told(traced: BatchTracing) -> None:
    envelopes = [received(TRACE)] * LARGE
    watch = traced.watch_for(envelopes)
    plan = Plan(Outcome.DUPLICATE, SyncRecord(key_of_event(envelopes[0].data)))
    other = asyncio.create_task(asyncio.sleep(0))
    await traced.tell(watch, [Applied(it, plan) for it in envelopes])
    assert other.done()
    other = asyncio.create_task(asyncio.sleep(0))
    with pytest.raises(ValueError, match="zebedee"):
        async with traced.failing(watch, envelopes):
            raise ValueError("zebedee")
    assert other.done()
