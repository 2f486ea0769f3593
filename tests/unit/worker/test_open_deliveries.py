"""When is a delivery answered, and which deliveries share a transaction?"""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.embedded_transport import EmbeddedDelivery
from contracts.identities_changed import decode_all
from contracts.transport import Apart, Confirmed, DeadLettered, Parcel, RetryAfter, Unknown
from tests.drivers.people import STORE, joiner
from tests.drivers.platform import bundle, delivered, parcel
from worker.open_deliveries import APPLIED, Answer, OpenDelivery, batches

MOST = 10


def opened(sent: Parcel) -> OpenDelivery:
    """Return a delivery with its events."""
    return OpenDelivery(delivered(sent), decode_all(sent.body))


def of_size(size: int) -> Parcel:
    """Return a single event, or a bundle of so many."""
    events = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(size)]
    return parcel(events[0]) if size == 1 else bundle(*events)


@given(st.lists(st.integers(1, 2 * MOST), max_size=8))
async def test_batches_hold_whole_deliveries_in_their_order_and_no_more_than_fit(
    sizes: list[int],
) -> None:
    deliveries = [opened(of_size(size)) for size in sizes]
    made = list(batches(deliveries, MOST))
    assert [it.of for each in made for it in each] == [
        it for it, size in zip(deliveries, sizes, strict=True) for _ in range(size)
    ]
    for each in made:
        assert len(each) <= MOST or len({it.of for it in each}) == 1
    shared = [delivery for each in made for delivery in {it.of for it in each}]
    assert len(shared) == len(deliveries)


async def test_a_bundle_is_answered_with_its_last_event() -> None:
    delivery = opened(of_size(3))
    events = list(delivery.events)
    for event in events[:2]:
        event.answer(APPLIED)
        assert not delivery.is_complete
    events[2].answer(RetryAfter(5))
    assert delivery.is_complete
    await delivery.send_answer()
    assert await _outcome(delivery) == Apart([Confirmed(), Confirmed(), RetryAfter(5)])


async def test_a_bundle_of_which_every_event_is_applied_is_confirmed_as_one() -> None:
    delivery = opened(of_size(3))
    for event in delivery.events:
        event.answer(APPLIED)
    await delivery.send_answer()
    assert await _outcome(delivery) == Confirmed()


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (APPLIED, Confirmed()),
        (RetryAfter(30), RetryAfter(30)),
        (DeadLettered("?"), Unknown("dead letter: ?", suspect=True)),
    ],
)
async def test_a_single_event_is_answered_by_itself(answer: Answer, outcome: object) -> None:
    delivery = opened(of_size(1))
    [event] = delivery.events
    event.answer(answer)
    await delivery.send_answer()
    assert await _outcome(delivery) == outcome


async def _outcome(delivery: OpenDelivery) -> object:
    assert isinstance(delivery.delivery, EmbeddedDelivery)
    async with asyncio.timeout(1):
        return await delivery.delivery.outcome
