"""How is a delivery answered when its event, or another of its batch, cannot be applied?"""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from contracts.embedded_transport import EmbeddedDelivery
from contracts.identity_changed import IdentityChanged, encode, message_id
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import Confirmed, Parcel, PublishOutcome, RetryAfter, Unknown
from tests.compatibility.samples import TRACE
from tests.drivers.people import ADA, BEN, STORE, joiner, renamed
from tests.drivers.platform import Platform, delivered, delivery
from tests.drivers.told_spans import UNTOLD, BrokenTracing


def poisoned(version: int = 1) -> IdentityChanged:
    """Return an event that the database refuses."""
    return joiner(STORE, "poisoned@acme.test", "poisoned", version=version)


async def _answers(platform: Platform, *deliveries: EmbeddedDelivery) -> list[PublishOutcome]:
    await platform.handler.handle(deliveries)
    return [it.outcome.result() for it in deliveries]


async def test_a_batch_is_acknowledged_as_a_whole(platform: Platform) -> None:
    answers = await _answers(
        platform, delivery(joiner(STORE)), delivery(joiner(STORE, BEN, "ben")), delivery(poisoned())
    )
    assert answers == [Confirmed()] * 3
    assert len(await platform.accounts()) == 3


async def test_a_batch_falls_apart_around_a_poisoned_event(platform: Platform) -> None:
    await platform.poison(transient=True)
    answers = await _answers(
        platform, delivery(joiner(STORE)), delivery(poisoned()), delivery(joiner(STORE, BEN, "ben"))
    )
    assert answers == [Confirmed(), RetryAfter(RETRY_DELAYS[0]), Confirmed()]
    assert [account.email for account in await platform.accounts()] == [ADA, BEN]


@pytest.mark.parametrize(("attempts", "delay"), list(enumerate(RETRY_DELAYS)))
async def test_each_try_waits_for_the_next_tier(
    platform: Platform, attempts: int, delay: int
) -> None:
    await platform.poison(transient=True)
    assert await _answers(platform, delivery(poisoned(), attempts)) == [RetryAfter(delay)]
    assert await platform.count("failures") == 0


async def test_after_the_last_tier_an_event_becomes_a_failure(platform: Platform) -> None:
    await platform.poison(transient=True)
    answers = await _answers(platform, delivery(poisoned(), len(RETRY_DELAYS)))
    assert answers == [Confirmed()]
    state = await platform.state("poisoned")
    assert state is not None
    assert state.applied_version == 0
    assert state.failure is not None
    assert (state.failure.kind, state.failure.attempts) == ("exhausted", len(RETRY_DELAYS) + 1)
    assert ADA not in state.failure.message


async def test_what_no_retry_can_help_becomes_a_failure_at_once(platform: Platform) -> None:
    await platform.poison(transient=False)
    assert await _answers(platform, delivery(poisoned())) == [Confirmed()]
    state = await platform.state("poisoned")
    assert state is not None
    assert state.failure is not None
    assert (state.failure.kind, state.failure.attempts) == ("permanent", 1)
    assert ADA not in state.failure.message


async def test_a_success_of_the_same_version_forgets_the_failure(platform: Platform) -> None:
    await platform.poison(transient=False)
    await _answers(platform, delivery(poisoned()))
    await platform.heal()
    assert await _answers(platform, delivery(poisoned())) == [Confirmed()]
    state = await platform.state("poisoned")
    assert state is not None
    assert (state.applied_version, state.failure) == (1, None)


async def test_a_failure_of_an_older_version_is_no_failure(platform: Platform) -> None:
    await _answers(platform, delivery(renamed(poisoned(), email="new@acme.test")))
    await platform.poison(transient=False)
    assert await _answers(platform, delivery(poisoned())) == [Confirmed()]
    assert await platform.count("failures") == 0


async def test_a_failure_keeps_when_it_was_first_seen(platform: Platform) -> None:
    await platform.poison(transient=False)
    await _answers(platform, delivery(poisoned()))
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE failures SET first_at = 7, last_at = 7")
    await _answers(platform, delivery(poisoned(version=2)))
    async with platform.database.read() as db:
        rows = await db.exec_driver_sql("SELECT first_at, last_at, version FROM failures")
        assert [tuple(row) for row in rows] == [(7, platform.clock(), 2)]


async def test_a_failure_that_cannot_be_recorded_comes_again(platform: Platform) -> None:
    await platform.poison(transient=False)
    async with platform.database.write() as db:
        await db.exec_driver_sql("DROP TABLE failures")
    assert await _answers(platform, delivery(poisoned())) == [RetryAfter(RETRY_DELAYS[-1])]


async def test_events_whose_spans_cannot_be_told_are_applied_once_and_are_no_failures(
    platform: Platform,
) -> None:
    events = [joiner(STORE), joiner(STORE, BEN, "ben")]
    parcels = [Parcel(message_id(it), Lane.BULK, encode(it, TRACE)) for it in events]
    deliveries = [delivered(it) for it in parcels]
    with capture_logs() as log:
        await replace(platform.handler, tracing=BrokenTracing()).handle(deliveries)
    assert [it.outcome.result() for it in deliveries] == [Confirmed()] * 2
    assert [it for it in log if it["log_level"] == "warning"] == [UNTOLD]
    assert await platform.count("failures") == 0
    assert len(await platform.accounts()) == 2


async def test_what_cannot_be_decoded_is_put_aside_and_the_rest_is_applied(
    platform: Platform,
) -> None:
    fine = delivery(joiner(STORE, BEN, "ben"))
    parcel = replace(fine.parcel, body=b'{"type": "something.else"}')
    broken = EmbeddedDelivery(parcel, asyncio.get_running_loop().create_future())
    [aside, applied] = await _answers(platform, broken, fine)
    assert isinstance(aside, Unknown)
    assert applied == Confirmed()
    assert [account.email for account in await platform.accounts()] == [BEN]


async def test_a_replan_that_fails_holds_up_nobody(platform: Platform) -> None:
    await platform.apply(
        joiner(STORE, ADA, "holder"),
        joiner(STORE, ADA, "poisoned", version=2),
        joiner(STORE, BEN, "other", version=3),
        joiner(STORE, BEN, "ben", version=4),
    )
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE accounts SET email_key = id, email = id")
        await db.exec_driver_sql("UPDATE sync_records SET event = '?' WHERE identity = 'poisoned'")
        await db.exec_driver_sql("UPDATE sync_records SET replan_at = 1 WHERE event IS NOT NULL")
    await platform.replan()
    assert await platform.reasons("poisoned") == ["conflict"]
    assert await platform.reasons("ben") == []
