"""Do bundles become small enough for a broker, and large again where the line was at fault?"""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.outbox.bundle_bytes import GROWS_AFTER, BundleBytes, Shipped, next_bytes
from api.outbox.bundles import Shipment
from contracts.identities_changed import LARGEST_BUNDLE_BYTES
from contracts.transport import Apart, Confirmed, PublishOutcome, Rejected, RetryAfter, Unknown

BROKEN, AWAY = Unknown("connection lost", suspect=True), Unknown("no connection in time")
OUTCOMES = st.sampled_from(
    [Confirmed(), RetryAfter(5), Apart([]), Rejected("too large"), BROKEN, AWAY]
)

_EVENT: Any = None
"""An event of which nothing is looked at."""


def _shipment(events: int, size: int) -> Shipment:
    """Return a shipment of which only the number of events and the bytes matter."""
    return Shipment([_EVENT] * events, size)


SHIPMENTS = st.builds(_shipment, st.integers(1, 200), st.integers(2, LARGEST_BUNDLE_BYTES))
BATCHES = st.lists(st.tuples(SHIPMENTS, OUTCOMES), min_size=1, max_size=5)
BOUNDS = st.builds(
    BundleBytes, st.integers(1, LARGEST_BUNDLE_BYTES), st.integers(0, GROWS_AFTER - 1)
)


def _batch(size: int, outcome: PublishOutcome) -> Sequence[Shipped]:
    return [(_shipment(10, size), outcome)]


def test_a_broker_that_takes_no_full_bundle_breaks_few_lines() -> None:
    taken, bound, breaks = 131_072, BundleBytes(), 0
    for _ in range(1_000):
        is_too_large = bound.most > taken
        breaks += is_too_large
        bound = next_bytes(bound, _batch(bound.most, BROKEN if is_too_large else Confirmed()))
    assert breaks <= 3 + 1_000 // GROWS_AFTER


def test_a_bundle_that_was_smaller_than_its_bound_is_halved_itself() -> None:
    assert next_bytes(BundleBytes(), _batch(1_000, BROKEN)) == BundleBytes(500)


def test_bundles_double_after_many_good_batches_and_become_full_again() -> None:
    bound = next_bytes(BundleBytes(), _batch(LARGEST_BUNDLE_BYTES, BROKEN))
    for _ in range(GROWS_AFTER - 1):
        bound = next_bytes(bound, _batch(100, Confirmed()))
        assert bound.most == LARGEST_BUNDLE_BYTES // 2
    assert next_bytes(bound, _batch(100, Confirmed())) == BundleBytes()


@given(bound=BOUNDS, batch=BATCHES)
def test_a_bound_is_positive_and_never_more_than_a_full_bundle(
    bound: BundleBytes, batch: Sequence[Shipped]
) -> None:
    then = next_bytes(bound, batch)
    assert 1 <= then.most <= LARGEST_BUNDLE_BYTES
    if any(len(it.events) > 1 and outcome == BROKEN for it, outcome in batch):
        assert then.most <= max(1, bound.most // 2)
    elif then.most > bound.most:
        assert bound.good_batches == GROWS_AFTER - 1
        assert not any(isinstance(outcome, Unknown | Rejected) for _, outcome in batch)


@given(bound=BOUNDS, outcome=OUTCOMES)
def test_an_event_that_travels_alone_says_nothing_about_bundles(
    bound: BundleBytes, outcome: PublishOutcome
) -> None:
    assert next_bytes(bound, [(_shipment(1, 100), outcome)]) == bound
