"""What does every transport promise? No parcel is lost, lanes do not wait, a retry comes later.

To a relay that publishes again what is unknown, and later what the worker wants later, both look
the same, though the embedded transport confirms what is applied and RabbitMQ what is stored.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts.identities_changed import join
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel, Part, RetryAfter, Returned, Unknown
from tests.conformance.transports import (
    PATIENCE_SECONDS,
    PREFETCH,
    EmbeddedUnderTest,
    RabbitmqUnderTest,
    TransportUnderTest,
    receive,
    relayed,
)
from tests.servers.rabbitmq import QUICK_RETRIES, RabbitmqServer


@pytest.fixture(params=["embedded", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[TransportUnderTest]:
    """Give each transport in turn."""
    if request.param == "embedded":
        yield EmbeddedUnderTest()
        return
    server: RabbitmqServer = request.getfixturevalue("rabbitmq_server")
    rabbitmq = RabbitmqUnderTest(server.url, request.getfixturevalue("topology"))
    yield rabbitmq
    await rabbitmq.close()


def parcels(count: int, lane: Lane = Lane.BULK) -> list[Parcel]:
    """Make parcels with the bodies 0, 1, 2, …"""
    return [Parcel(f"{lane}-{n}", lane, b"%d" % n) for n in range(count)]


def bodies(count: int) -> list[bytes]:
    """Return the bodies of so many parcels."""
    return [parcel.body for parcel in parcels(count)]


@pytest.mark.parametrize("lane", Lane)
async def test_a_parcel_arrives_in_its_lane(transport: TransportUnderTest, lane: Lane) -> None:
    async with relayed(transport, [Parcel("one", lane, b"\x00 \xff", attempts=3)]):
        [delivery] = await receive(transport, lane, 1)
        assert (delivery.body, delivery.attempts) == (b"\x00 \xff", 3)
        await delivery.ack()


async def test_a_worker_gets_at_least_one_and_at_most_what_it_asked_for(
    transport: TransportUnderTest,
) -> None:
    async with relayed(transport, parcels(10)):
        received = 0
        while received < 10:
            deliveries = await transport.consumer.receive(Lane.BULK, 3)
            assert 1 <= len(deliveries) <= 3
            received += len(deliveries)
            for delivery in deliveries:
                await delivery.ack()


async def test_parcels_of_one_publication_keep_their_order(transport: TransportUnderTest) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        publishing = asyncio.ensure_future(transport.publisher.publish(parcels(PREFETCH)))
        deliveries = await receive(transport, Lane.BULK, PREFETCH)
        assert [delivery.body for delivery in deliveries] == bodies(PREFETCH)
        for delivery in deliveries:
            await delivery.ack()
        await publishing


async def test_what_was_not_acknowledged_comes_again(transport: TransportUnderTest) -> None:
    async with relayed(transport, parcels(3)):
        await receive(transport, Lane.BULK, 3)
        await transport.replace_worker()
        again = await receive(transport, Lane.BULK, 3)
        assert sorted(delivery.body for delivery in again) == bodies(3)
        for delivery in again:
            await delivery.ack()


async def test_what_was_acknowledged_does_not_come_again(transport: TransportUnderTest) -> None:
    async with relayed(transport, parcels(1)):
        [done] = await receive(transport, Lane.BULK, 1)
        await done.ack()
    await transport.replace_worker()
    async with relayed(transport, [Parcel("next", Lane.BULK, b"next")]):
        [delivery] = await receive(transport, Lane.BULK, 1)
        assert delivery.body == b"next"
        await delivery.ack()


async def test_an_answer_that_comes_too_late_is_no_error(transport: TransportUnderTest) -> None:
    async with relayed(transport, parcels(3)):
        acked, retried, dead_lettered = await receive(transport, Lane.BULK, 3)
        await transport.replace_worker()
        await acked.ack()
        await retried.retry(QUICK_RETRIES[0])
        await dead_lettered.dead_letter("undecodable")
        for again in await receive(transport, Lane.BULK, 3):
            await again.ack()


async def test_a_leaver_is_served_while_bulk_is_stuck(transport: TransportUnderTest) -> None:
    async with relayed(transport, parcels(5 * PREFETCH)):
        stuck = await receive(transport, Lane.BULK, PREFETCH)
        async with relayed(transport, [Parcel("leaver", Lane.URGENT, b"leaver")]):
            [leaver] = await receive(transport, Lane.URGENT, 1)
            await leaver.ack()
        for joiner in stuck:
            await joiner.ack()
        for _ in range(4):
            for joiner in await receive(transport, Lane.BULK, PREFETCH):
                await joiner.ack()


@pytest.mark.parametrize("lane", Lane)
async def test_a_retry_comes_back_to_its_lane_with_one_more_attempt(
    transport: TransportUnderTest, lane: Lane
) -> None:
    async with relayed(transport, [Parcel("one", lane, b"one")]):
        for attempts in range(3):
            [delivery] = await receive(transport, lane, 1)
            assert (delivery.body, delivery.attempts) == (b"one", attempts)
            await delivery.retry(QUICK_RETRIES[0])
        [delivery] = await receive(transport, lane, 1)
        await delivery.ack()


async def test_what_waits_for_its_retry_holds_nobody_up(transport: TransportUnderTest) -> None:
    first, second = parcels(2)
    async with relayed(transport, [first]):
        [late] = await receive(transport, Lane.BULK, 1)
        await late.retry(QUICK_RETRIES[-1])
        async with relayed(transport, [second]):
            [meanwhile] = await receive(transport, Lane.BULK, 1)
            assert meanwhile.body == second.body
            await meanwhile.ack()
        [again] = await receive(transport, Lane.BULK, 1)
        assert again.body == first.body
        await again.ack()


async def test_a_dead_letter_does_not_block_its_lane(transport: TransportUnderTest) -> None:
    poison, good = parcels(2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        publishing = asyncio.ensure_future(transport.publisher.publish([poison, good]))
        [bad] = await receive(transport, Lane.BULK, 1)
        assert bad.body == poison.body
        await bad.dead_letter("undecodable")
        [delivery] = await receive(transport, Lane.BULK, 1)
        assert delivery.body == good.body
        await delivery.ack()
        await publishing


async def test_a_worker_that_stops_waiting_takes_nothing_with_it(
    transport: TransportUnderTest,
) -> None:
    waiting = asyncio.ensure_future(transport.consumer.receive(Lane.BULK, 1))
    await asyncio.sleep(0)
    waiting.cancel()
    async with relayed(transport, parcels(1)):
        [delivery] = await receive(transport, Lane.BULK, 1)
        await delivery.ack()


def a_bundle(count: int, lane: Lane = Lane.BULK) -> Parcel:
    """Make a bundle of the bodies 0, 1, 2, …"""
    return Parcel(f"{lane}-bundle", lane, join(bodies(count)), events=count)


@pytest.mark.parametrize("lane", Lane)
async def test_a_bundle_arrives_in_its_lane_as_one_delivery(
    transport: TransportUnderTest, lane: Lane
) -> None:
    async with relayed(transport, [a_bundle(3, lane)]):
        [delivery] = await receive(transport, lane, 1)
        assert (delivery.body, delivery.attempts) == (b"[0,1,2]", 0)
        await delivery.ack()


async def test_a_bundle_that_was_not_acknowledged_comes_again_in_whole(
    transport: TransportUnderTest,
) -> None:
    async with relayed(transport, [a_bundle(3)]):
        await receive(transport, Lane.BULK, 1)
        await transport.replace_worker()
        [again] = await receive(transport, Lane.BULK, 1)
        assert again.body == b"[0,1,2]"
        await again.ack()


async def test_only_the_events_that_leave_a_bundle_come_again_and_alone(
    transport: TransportUnderTest,
) -> None:
    async with relayed(transport, [a_bundle(4)]):
        [delivery] = await receive(transport, Lane.BULK, 1)
        await delivery.fall_apart(
            [
                Part(1, b"1", RetryAfter(QUICK_RETRIES[0])),
                Part(2, b"2", Returned()),
            ]
        )
        alone = await receive(transport, Lane.BULK, 2)
        assert {it.body: it.attempts for it in alone} == {b"1": 1, b"2": 0}
        for it in alone:
            await it.ack()
    async with relayed(transport, [Parcel("next", Lane.BULK, b"next")]):
        [delivery] = await receive(transport, Lane.BULK, 1)
        assert delivery.body == b"next"
        await delivery.ack()


async def test_events_in_bundles_are_counted_among_those_that_wait(
    transport: TransportUnderTest,
) -> None:
    async with relayed(transport, [a_bundle(3), *parcels(2)]):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (state := await transport.publisher.inspect()).backlog is None or (
                state.backlog.waiting[Lane.BULK] < 5
            ):
                await asyncio.sleep(0)
        for delivery in await receive(transport, Lane.BULK, 3):
            await delivery.ack()


async def test_a_relay_learns_that_a_worker_reads_bundles(transport: TransportUnderTest) -> None:
    async with relayed(transport, parcels(1)):
        [delivery] = await receive(transport, Lane.BULK, 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (await transport.publisher.inspect()).takes_bundles:
                await asyncio.sleep(0)
        await delivery.ack()


async def test_workers_that_come_and_go_under_load_lose_nothing(
    transport: TransportUnderTest,
) -> None:
    done: set[bytes] = set()
    async with relayed(transport, parcels(300)):
        while len(done) < 300:
            half_done = await receive(transport, Lane.BULK, min(PREFETCH, 300 - len(done)))
            for delivery in half_done[::2]:
                await delivery.ack()
                done.add(delivery.body)
            await transport.replace_worker()
    assert done == set(bodies(300))


async def test_a_publisher_that_was_closed_answers_unknown(transport: TransportUnderTest) -> None:
    await transport.close_publisher()
    outcomes = await transport.publisher.publish(parcels(2))
    assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown]


async def test_what_was_confirmed_before_a_close_under_load_is_not_lost(
    transport: TransportUnderTest,
) -> None:
    sent = parcels(300)
    async with asyncio.timeout(PATIENCE_SECONDS):
        publishing = asyncio.ensure_future(transport.publisher.publish(sent))
        [first] = await receive(transport, Lane.BULK, 1)
        await first.ack()
        await transport.close_publisher()
        outcomes = await publishing
    assert {type(outcome) for outcome in outcomes} <= {Confirmed, Unknown}
    fates = zip(sent, outcomes, strict=True)
    missing = {parcel.body for parcel, outcome in fates if outcome == Confirmed()} - {first.body}
    while missing:
        [delivery] = await receive(transport, Lane.BULK, 1)
        await delivery.ack()
        missing.discard(delivery.body)
