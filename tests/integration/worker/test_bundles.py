"""Does a bundle do what its events do one by one, and does only a bad event leave it?"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from contracts.embedded_transport import EmbeddedDelivery
from contracts.identities_changed import join
from contracts.identity_changed import IdentityChanged
from contracts.topology import RETRY_DELAYS
from contracts.transport import Apart, Confirmed, PublishOutcome, RetryAfter, Unknown
from tests.drivers.people import ADA, BEN, STORE, joiner
from tests.drivers.platform import Platform, bundle, delivered, delivery, held
from tests.readings.samples import samples
from worker.open_deliveries import MAX_BATCH_SIZES, MOST_UNANSWERED

POISONED = joiner(STORE, "poisoned@acme.test", "poisoned")
EVE = joiner(STORE, ADA, "eve")


def people(count: int, name: str = "i") -> list[IdentityChanged]:
    """Return the events of so many joiners."""
    return [joiner(STORE, f"{name}{n}@acme.test", f"{name}{n}") for n in range(count)]


async def _answers(platform: Platform, *deliveries: EmbeddedDelivery) -> Sequence[PublishOutcome]:
    await platform.handler.handle(deliveries)
    return [it.outcome.result() for it in deliveries]


async def test_a_bundle_is_acknowledged_once_all_its_events_are_applied(platform: Platform) -> None:
    assert await _answers(platform, delivered(bundle(*people(30)))) == [Confirmed()]
    assert len(await platform.accounts()) == 30
    assert samples(platform.metrics, "muster_events_total") == {("store", "applied"): 30}
    assert samples(platform.metrics, "muster_batch_duration_seconds_count") == {("bulk",): 1}


async def test_bundles_and_single_events_share_a_transaction_as_far_as_they_fit(
    platform: Platform,
) -> None:
    most = MAX_BATCH_SIZES[platform.handler.lane]
    answers = await _answers(
        platform,
        delivered(bundle(*people(most - 10, "a"))),
        delivery(joiner(STORE)),
        delivered(bundle(*people(10, "b"))),
    )
    assert answers == [Confirmed()] * 3
    assert samples(platform.metrics, "muster_batch_duration_seconds_count") == {("bulk",): 2}


async def test_a_stop_leaves_the_bundles_that_were_not_begun_to_come_again(
    platform: Platform,
) -> None:
    most = MAX_BATCH_SIZES[platform.handler.lane]
    sent = [delivered(bundle(*people(most, name))) for name in "abc"]
    for it in sent:
        it.outcome.add_done_callback(lambda _: platform.handler.stop.set())
    await platform.handler.handle(sent)
    begun = platform.database.transactions_at_once
    assert [it.outcome.done() for it in sent] == [it < begun for it in range(3)]
    assert len(await platform.accounts()) == most * begun


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_a_bundle_is_applied_while_the_one_before_it_waits_for_a_lock(
    platform: Platform,
) -> None:
    most = MAX_BATCH_SIZES[platform.handler.lane]
    await platform.apply(joiner(STORE))
    waiting = delivered(bundle(joiner(STORE, version=2), *people(most - 1, "a")))
    other = delivered(bundle(*people(2, "b")))
    async with asyncio.TaskGroup() as tasks, held(platform, "SELECT FROM accounts FOR UPDATE"):
        tasks.create_task(platform.handler.handle([waiting, other]))
        assert await other.outcome == Confirmed()
        assert not waiting.outcome.done()


async def test_only_the_event_that_fails_for_a_while_leaves_its_bundle(platform: Platform) -> None:
    await platform.poison(transient=True)
    sent = bundle(joiner(STORE), POISONED, joiner(STORE, BEN, "ben"))
    [answer] = await _answers(platform, delivered(sent))
    assert answer == Apart([Confirmed(), RetryAfter(RETRY_DELAYS[0]), Confirmed()])
    assert [account.email for account in await platform.accounts()] == [ADA, BEN]


async def test_only_the_event_that_fails_for_good_becomes_a_failure(platform: Platform) -> None:
    await platform.poison(transient=False)
    sent = bundle(joiner(STORE), POISONED, joiner(STORE, BEN, "ben"))
    assert await _answers(platform, delivered(sent)) == [Confirmed()]
    assert await platform.count("failures") == 1
    state = await platform.state("poisoned")
    assert state is not None
    assert state.failure is not None
    assert (state.failure.kind, state.failure.attempts) == ("permanent", 1)
    assert [account.email for account in await platform.accounts()] == [ADA, BEN]


async def test_an_event_that_cannot_be_decoded_leaves_its_bundle_alone(platform: Platform) -> None:
    sent = bundle(joiner(STORE), joiner(STORE, BEN, "ben"))
    first, second = (delivery(it).body for it in (joiner(STORE), joiner(STORE, BEN, "ben")))
    broken = replace(sent, body=join([first, b'{"type": "something.else"}', second]), events=3)
    [answer] = await _answers(platform, delivered(broken))
    assert isinstance(answer, Apart)
    assert [type(it) for it in answer.outcomes] == [Confirmed, Unknown, Confirmed]
    assert len(await platform.accounts()) == 2
    assert samples(platform.metrics, "muster_undecodable_events_total") == {(): 1}


async def test_a_bundle_of_which_nothing_can_be_decoded_is_answered(platform: Platform) -> None:
    sent = replace(bundle(joiner(STORE)), body=b"[{},{}]", events=2)
    [answer] = await _answers(platform, delivered(sent))
    assert isinstance(answer, Apart)
    assert {type(it) for it in answer.outcomes} == {Unknown}


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_only_the_event_that_is_locked_out_leaves_its_bundle(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    async with held(platform, "SELECT FROM accounts WHERE email = 'ada@acme.test' FOR UPDATE"):
        sent = bundle(joiner(STORE, version=2), joiner(STORE, BEN, "ben"))
        [answer] = await _answers(platform, delivered(sent))
    assert answer == Apart([RetryAfter(RETRY_DELAYS[0]), Confirmed()])


class OftenReturned(EmbeddedDelivery):
    """A delivery on which workers have died."""

    @property
    def unanswered(self) -> int:
        return MOST_UNANSWERED


async def test_a_bundle_on_which_workers_die_returns_to_its_lane_event_by_event(
    platform: Platform,
) -> None:
    it = delivered(bundle(joiner(STORE), POISONED))
    [answer] = await _answers(platform, OftenReturned(it.parcel, it.outcome))
    assert answer == Apart([Unknown("returned", suspect=True)] * 2)
    assert await platform.count("accounts") == 0


async def test_a_single_event_is_tried_again_however_often_it_was_returned(
    platform: Platform,
) -> None:
    it = delivery(joiner(STORE))
    assert await _answers(platform, OftenReturned(it.parcel, it.outcome)) == [Confirmed()]
