"""Do relays and workers of two versions work side by side? Bundles flow once each side has them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from structlog.testing import capture_logs

from api.outbox.rabbitmq.backlog import MISSING_SECONDS
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from api.outbox.room import Room, most_waiting
from contracts.identities_changed import LARGEST_BUNDLE, join
from contracts.topology import Lane, Topology
from contracts.transport import Confirmed, Parcel
from deploy.broker.rabbitmq_topology import apply_topology
from tests.servers.rabbitmq import RabbitmqServer
from worker.rabbitmq.consumer import RabbitmqConsumer

pytestmark = pytest.mark.rabbitmq

PATIENCE_SECONDS = 60
"""Only so that a broken agreement ends the test."""

SINGLE = Parcel("single", Lane.BULK, b"{}")
BUNDLE = Parcel("bundle", Lane.BULK, join([b"{}", b"{}"]), events=2)


@pytest.fixture
async def consumer(url: str, topology: Topology) -> AsyncIterator[RabbitmqConsumer]:
    """Give the consumer of a worker of this version."""
    consumer = RabbitmqConsumer(url, topology)
    yield consumer
    await consumer.close()


async def until_bundles_are(taken: bool, publisher: RabbitmqPublisher) -> None:
    """Look at the broker until a worker reads bundles, or none does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await publisher.inspect()).takes_bundles is not taken:
            await asyncio.sleep(0.01)


async def test_a_new_relay_makes_no_bundles_beside_old_workers(
    publisher: RabbitmqPublisher, topology: Topology, channel: AbstractChannel
) -> None:
    for lane in Lane:  # as a worker does that has not heard of bundles
        queue = await channel.get_queue(topology.lane(lane))
        await queue.consume(asyncio.Queue[AbstractIncomingMessage]().put)
    assert not await Room(publisher, most_waiting(100)).takes_bundles()


async def test_bundles_begin_with_the_first_new_worker_and_end_with_the_last(
    publisher: RabbitmqPublisher, consumer: RabbitmqConsumer
) -> None:
    receiving = asyncio.ensure_future(consumer.receive(Lane.BULK, 1))
    await until_bundles_are(True, publisher)
    assert await publisher.publish([BUNDLE]) == [Confirmed()]
    [delivery] = await receiving
    assert delivery.body == BUNDLE.body
    await delivery.ack()
    await consumer.close()
    await until_bundles_are(False, publisher)


async def test_a_new_worker_takes_what_an_old_relay_sends(
    publisher: RabbitmqPublisher, consumer: RabbitmqConsumer
) -> None:
    assert await publisher.publish([SINGLE]) == [Confirmed()]
    [delivery] = await consumer.receive(Lane.BULK, 1)
    assert delivery.body == SINGLE.body
    await delivery.ack()


async def test_on_a_broker_without_queues_for_bundles_all_goes_on_with_single_events(
    publisher: RabbitmqPublisher,
    consumer: RabbitmqConsumer,
    topology: Topology,
    channel: AbstractChannel,
) -> None:
    for lane in Lane:
        await channel.queue_delete(topology.bundles(lane))
    assert await publisher.publish([SINGLE]) == [Confirmed()]
    state = await publisher.inspect()
    assert (state.incomplete, state.takes_bundles) == (False, False)
    assert state.backlog is not None
    assert state.backlog.waiting[Lane.BULK] == 1
    with capture_logs() as log:
        [delivery] = await consumer.receive(Lane.BULK, 1)
    assert {it["lane"] for it in log if it["event"] == "bundles_not_consumed"} == set(Lane)
    assert not consumer.incomplete
    await delivery.ack()


async def test_a_worker_takes_bundles_once_their_queues_are_there(
    url: str,
    publisher: RabbitmqPublisher,
    topology: Topology,
    channel: AbstractChannel,
    rabbitmq_server: RabbitmqServer,
) -> None:
    for lane in Lane:
        await channel.queue_delete(topology.bundles(lane))
    consumer = RabbitmqConsumer(url, topology, bundles_again_seconds=0)
    receiving = asyncio.ensure_future(consumer.receive(Lane.BULK, 1))
    with capture_logs() as log:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not consumer.connected:
                await asyncio.sleep(0.01)
        await apply_topology(rabbitmq_server.url, topology)
        await until_bundles_are(True, publisher)
    assert await publisher.publish([BUNDLE]) == [Confirmed()]
    [delivery] = await receiving
    assert delivery.body == BUNDLE.body
    await delivery.ack()
    await consumer.close()
    assert "broker_lost" not in [it["event"] for it in log]


async def test_queues_that_are_missing_are_not_looked_for_again_and_again(
    url: str, topology: Topology, channel: AbstractChannel, rabbitmq_server: RabbitmqServer
) -> None:
    for lane in Lane:
        await channel.queue_delete(topology.bundles(lane))
    seconds = 0.0
    publisher = RabbitmqPublisher(url, topology, watch=lambda: seconds)
    await publisher.inspect()
    await apply_topology(rabbitmq_server.url, topology)
    for lane in Lane:
        queue = await channel.get_queue(topology.bundles(lane))
        await queue.consume(asyncio.Queue[AbstractIncomingMessage]().put)
    assert not (await publisher.inspect()).takes_bundles
    seconds = MISSING_SECONDS
    await until_bundles_are(True, publisher)
    await publisher.close()


async def test_waiting_bundles_count_as_many_events_as_they_had_lately(
    publisher: RabbitmqPublisher, url: str, topology: Topology
) -> None:
    await publisher.publish([BUNDLE] * 3)
    backlog = (await publisher.inspect()).backlog
    assert backlog is not None
    assert backlog.waiting[Lane.BULK] == 6
    stranger = RabbitmqPublisher(url, topology)
    counted = (await stranger.inspect()).backlog
    await stranger.close()
    assert counted is not None
    assert counted.waiting[Lane.BULK] == 3  # it knows no sizes: a bundle for an operator,
    assert counted.most_waiting(Lane.BULK) == 3 * LARGEST_BUNDLE[Lane.BULK]  # a full one for room


async def test_bundles_begin_once_every_worker_reads_them(
    publisher: RabbitmqPublisher,
    consumer: RabbitmqConsumer,
    topology: Topology,
    channel: AbstractChannel,
) -> None:
    old = [await channel.get_queue(topology.lane(lane)) for lane in Lane]
    tags = [await it.consume(asyncio.Queue[AbstractIncomingMessage]().put) for it in old]
    receiving = asyncio.ensure_future(consumer.receive(Lane.BULK, 1))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not consumer.connected:
            await asyncio.sleep(0.01)
    assert not (await publisher.inspect()).takes_bundles
    for queue, tag in zip(old, tags, strict=True):
        await queue.cancel(tag)
    await until_bundles_are(True, publisher)
    receiving.cancel()


async def test_bundles_left_behind_take_no_room_from_single_events(
    publisher: RabbitmqPublisher, topology: Topology, channel: AbstractChannel
) -> None:
    await publisher.publish([BUNDLE] * 60)
    room = Room(publisher, most_waiting(100))
    assert not await room.has_any(Lane.BULK)  # without any worker, those of this version may come
    for lane in Lane:  # the workers went back to a version that has not heard of bundles
        queue = await channel.get_queue(topology.lane(lane))
        await queue.consume(asyncio.Queue[AbstractIncomingMessage]().put)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await room.has_any(Lane.BULK):
            await asyncio.sleep(0.01)
    backlog = (await publisher.inspect()).backlog
    assert backlog is not None
    assert backlog.is_empty
