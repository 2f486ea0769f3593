"""Which publications are told to a tracing? Those that were on their way, with their outcome."""

import asyncio

import pytest

from api.directory.identity_changes import IdentityState
from api.outbox.batches import Batch
from api.outbox.leasing import Mark
from api.outbox.parcels import LARGEST_EVENT, TOO_LARGE, Packed
from api.outbox.traced_batches import Publication, tell_publication
from contracts.identity_changed import Profile, Trace
from contracts.topology import Lane
from contracts.tracing import Tracing
from contracts.transport import Confirmed, EventOutcome, Rejected, Unknown
from tests.compatibility.samples import TRACE
from tests.drivers.told_spans import ToldSpans

STATE = IdentityState(
    version=1, active=True, ever_active=True, profile=Profile(user_name="ada"), role_names=()
)
LARGE = 2_000
"""Events of a batch that takes several time slices to tell on any machine."""

OF_AN_EVENT = {"relay.event", "broker.publish"}


async def tell(tracing: Tracing, *published: tuple[Trace, EventOutcome]) -> None:
    outcomes = [
        (Packed(Mark("okta", f"ada-{number}", STATE, 1, 0, trace), "acme", "id", b"x", 1), outcome)
        for number, (trace, outcome) in enumerate(published)
    ]
    await tell_publication(tracing, Publication(Lane.BULK, Batch(begun_at=1), outcomes, 2, 3, 4))


@pytest.mark.parametrize(
    ("outcome", "failed"),
    [
        (Confirmed(), None),
        (Rejected("zebedee"), "Rejected"),
        (Unknown("no confirm in time", suspect=True), "Unknown"),
    ],
)
async def test_an_event_that_was_on_its_way_is_told_with_its_outcome(
    outcome: EventOutcome, failed: str | None
) -> None:
    told = ToldSpans()
    await tell(told.tracing, (TRACE, outcome))
    assert {span.name for span in told.spans} == {*OF_AN_EVENT, "relay.batch"}
    for span in told.spans:
        if span.name in OF_AN_EVENT:
            assert (span.attributes or {}).get("error.type") == failed
        assert "zebedee" not in span.to_json()


async def test_an_event_that_is_too_large_has_failed_without_being_sent() -> None:
    told = ToldSpans()
    mark = Mark("okta", "ada", STATE, 1, 0, TRACE)
    packed = Packed(mark, "acme", "", b"", LARGEST_EVENT + 1, is_too_large=True)
    published = Publication(Lane.BULK, Batch(begun_at=1), [(packed, TOO_LARGE)], 2, 3, 4)
    await tell_publication(told.tracing, published)
    assert [(it.name, (it.attributes or {}).get("error.type")) for it in told.spans] == [
        ("relay.event", "TooLarge"),
        ("relay.batch", None),
    ]


async def test_a_transport_that_is_away_is_a_gap_and_no_span() -> None:
    told = ToldSpans()
    await tell(told.tracing, (TRACE, Unknown("no connection in time")))
    assert told.spans == ()


async def test_only_events_of_sampled_traces_are_told_and_the_batch_counts_all() -> None:
    told = ToldSpans()
    await tell(told.tracing, (TRACE, Confirmed()), (Trace(correlation_id="c"), Confirmed()))
    [batch] = [it for it in told.spans if it.name == "relay.batch"]
    assert (len(told.spans), len(batch.links)) == (3, 1)
    assert (batch.attributes or {})["muster.events"] == 2


async def test_other_tasks_run_while_a_large_batch_is_told() -> None:
    told = ToldSpans()
    other = asyncio.create_task(asyncio.sleep(0))
    await tell(told.tracing, *[(TRACE, Confirmed())] * LARGE)
    assert other.done()
