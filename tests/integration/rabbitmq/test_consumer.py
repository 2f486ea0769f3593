"""What does the worker see of a broker that goes away, and the broker of the worker's answers?"""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from structlog.testing import capture_logs

from contracts.topology import CONTENT_TYPE, DELIVERY_LIMIT, TOPOLOGY_NOT_APPLIED, Lane, Topology
from contracts.transport import DeadLettered, Delivery, Part, RetryAfter
from deploy.broker.rabbitmq_topology import apply_topology
from tests.servers.rabbitmq import QUICK_RETRIES, RabbitmqServer, delete_topology
from tests.servers.tcp_proxy import TcpProxy
from worker.rabbitmq.consumer import RabbitmqConsumer

pytestmark = pytest.mark.rabbitmq

PATIENCE_SECONDS = 60
"""Only so that a broken consumer ends the test."""


@pytest.fixture
async def consumer(url: str, topology: Topology) -> AsyncIterator[RabbitmqConsumer]:
    """Give a consumer behind the proxy."""
    consumer = RabbitmqConsumer(url, topology)
    yield consumer
    await consumer.close()


async def put(channel: AbstractChannel, queue: str, *bodies: bytes) -> None:
    """Put messages into a queue, past the proxy."""
    for body in bodies:
        await channel.default_exchange.publish(Message(body), queue)


async def receive(consumer: RabbitmqConsumer, count: int, lane: Lane = Lane.BULK) -> list[Delivery]:
    """Receive exactly so many deliveries."""
    deliveries: list[Delivery] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(deliveries) < count:
            deliveries += await consumer.receive(lane, count - len(deliveries))
    return deliveries


async def ack(deliveries: Sequence[Delivery]) -> None:
    """Acknowledge all of them."""
    for delivery in deliveries:
        await delivery.ack()


async def take(channel: AbstractChannel, queue: str) -> AbstractIncomingMessage:
    """Wait for a message in a queue, and take it away."""
    messages: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    source = await channel.get_queue(queue)
    tag = await source.consume(messages.put, no_ack=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        message = await messages.get()
    await source.cancel(tag)
    return message


async def until_there_are(count: int, queue: str, channel: AbstractChannel) -> None:
    """Look at a queue until so many messages are ready; it does not tell by itself."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            declared = await channel.declare_queue(queue, passive=True)
            if declared.declaration_result.message_count == count:
                return
            await asyncio.sleep(0.02)


async def until_lost(consumer: RabbitmqConsumer) -> None:
    """Wait until the consumer has noticed that it is on its own."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while consumer.connected:
            await asyncio.sleep(0.01)


# --- connections that are lost ------------------------------------------------------------


async def test_after_a_cut_what_was_in_hand_and_what_waited_comes_again_once(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = topology.lane(Lane.BULK)
    await put(channel, bulk, b"0", b"1", b"2", b"3")
    await receive(consumer, 2)
    proxy.cut()
    await until_lost(consumer)
    proxy.mend()
    again = await receive(consumer, 4)
    assert sorted(delivery.body for delivery in again) == [b"0", b"1", b"2", b"3"]
    await ack(again)
    await consumer.close()
    await until_there_are(0, bulk, channel)


async def test_answers_after_a_cut_are_no_errors(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    await put(channel, topology.lane(Lane.BULK), b"0", b"1", b"2")
    acked, retried, dead_lettered = await receive(consumer, 3)
    proxy.cut()
    await acked.ack()
    await retried.retry(QUICK_RETRIES[0])
    await dead_lettered.dead_letter("undecodable")
    proxy.mend()
    await ack(await receive(consumer, 3))


async def test_a_worker_that_starts_before_its_broker_waits_for_it(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    proxy.cut()
    waiting = asyncio.ensure_future(receive(consumer, 1))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await proxy.knocked(1)
    assert not consumer.connected
    proxy.mend()
    await put(channel, topology.lane(Lane.BULK), b"0")
    await ack(await waiting)
    assert consumer.connected


async def test_lanes_that_are_deleted_and_made_anew_are_consumed_again(
    consumer: RabbitmqConsumer,
    rabbitmq_server: RabbitmqServer,
    topology: Topology,
    channel: AbstractChannel,
) -> None:
    await put(channel, topology.lane(Lane.BULK), b"0")
    await ack(await receive(consumer, 1))
    with capture_logs() as logs:
        await delete_topology(rabbitmq_server.url, topology)
        await until_lost(consumer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(line.get("reason") == TOPOLOGY_NOT_APPLIED for line in logs):
                await asyncio.sleep(0.01)
    assert consumer.incomplete
    await apply_topology(rabbitmq_server.url, topology)
    await put(channel, topology.lane(Lane.BULK), b"1")
    [delivery] = await receive(consumer, 1)
    assert delivery.body == b"1"
    assert not consumer.incomplete
    await delivery.ack()


async def test_a_line_that_is_forgotten_in_silence_is_replaced_and_nothing_on_it_is_lost(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = topology.lane(Lane.BULK)
    await put(channel, bulk, b"0")
    await ack(await receive(consumer, 1))
    proxy.forget()
    await until_lost(consumer)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not consumer.connected:
            await asyncio.sleep(0.01)
    await put(channel, bulk, b"1")
    (delivery,) = await receive(consumer, 1)
    assert delivery.body == b"1"
    await ack([delivery])


async def test_a_consumer_closes_though_its_peer_is_stuck(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    await put(channel, topology.lane(Lane.BULK), b"0")
    await receive(consumer, 1)
    proxy.freeze()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await consumer.close()


async def test_nothing_is_received_after_a_close(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = topology.lane(Lane.BULK)
    await put(channel, bulk, b"0", b"1")
    await receive(consumer, 1)
    await consumer.close()
    receiving = asyncio.ensure_future(consumer.receive(Lane.BULK, 1))
    await until_there_are(2, bulk, channel)
    assert not receiving.done()
    receiving.cancel()


# --- answers ------------------------------------------------------------------------------


async def test_what_lies_between_the_acknowledged_comes_again(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = topology.lane(Lane.BULK)
    await put(channel, bulk, b"0", b"1", b"2", b"3")
    first, put_aside, _, last = await receive(consumer, 4)
    await put_aside.dead_letter("undecodable")
    await asyncio.gather(first.ack(), last.ack())
    await consumer.close()
    await until_there_are(1, bulk, channel)
    assert (await take(channel, bulk)).body == b"2"


async def test_a_dead_letter_tells_why_and_from_where_and_nothing_else(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    await put(channel, topology.lane(Lane.URGENT), b"poison")
    [delivery] = await receive(consumer, 1, Lane.URGENT)
    await delivery.dead_letter("not JSON")
    message = await take(channel, topology.dead_letters)
    assert message.body == b"poison"
    told = {name: text for name, text in message.headers.items() if name.startswith("muster-")}
    assert told == {"muster-attempts": 0, "muster-lane": "urgent", "muster-reason": "not JSON"}


async def test_an_event_that_leaves_its_bundle_is_a_message_of_its_own(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    bundles = topology.bundles(Lane.BULK)
    await put(channel, bundles, b'[{"id": 0}, {}, {"id": 2}]')
    [delivery] = await receive(consumer, 1)
    retried, dead = RetryAfter(QUICK_RETRIES[-1]), DeadLettered("not an event")
    await delivery.fall_apart([Part(0, b'{"id":0}', retried), Part(1, b"{}", dead)])
    letter = await take(channel, topology.dead_letters)
    assert (letter.body, letter.headers["muster-reason"]) == (b"{}", "not an event")
    later = await take(channel, topology.tier(Lane.BULK, QUICK_RETRIES[-1]))
    assert (later.body, later.headers["muster-attempts"]) == (b'{"id":0}', 1)
    assert later.content_type == CONTENT_TYPE
    await consumer.close()
    await until_there_are(0, bundles, channel)


async def test_a_bundle_tells_how_often_nobody_answered_it(
    consumer: RabbitmqConsumer, proxy: TcpProxy, topology: Topology, channel: AbstractChannel
) -> None:
    await put(channel, topology.bundles(Lane.BULK), b"[{}]")
    [delivery] = await receive(consumer, 1)
    assert delivery.unanswered == 0
    proxy.cut()
    await until_lost(consumer)
    proxy.mend()
    [again] = await receive(consumer, 1)
    assert again.unanswered == 1
    await again.ack()


async def test_what_waits_for_its_retry_lies_in_the_tier_of_its_lane(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    await put(channel, topology.lane(Lane.BULK), b"0")
    [delivery] = await receive(consumer, 1)
    await delivery.retry(QUICK_RETRIES[-1])
    message = await take(channel, topology.tier(Lane.BULK, QUICK_RETRIES[-1]))
    assert (message.body, message.headers["muster-attempts"]) == (b"0", 1)


async def test_what_cannot_be_set_aside_goes_back_to_its_lane(
    consumer: RabbitmqConsumer, topology: Topology, channel: AbstractChannel
) -> None:
    await channel.queue_delete(topology.tier(Lane.BULK, QUICK_RETRIES[0]))
    await put(channel, topology.lane(Lane.BULK), b"0")
    [delivery] = await receive(consumer, 1)
    await delivery.retry(QUICK_RETRIES[0])
    [again] = await receive(consumer, 1)
    assert (again.body, again.attempts) == (b"0", 0)
    await again.ack()


async def test_what_is_never_answered_ends_among_the_dead_letters(
    rabbitmq_server: RabbitmqServer, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = topology.lane(Lane.BULK)
    await put(channel, bulk, b"poison")
    for _ in range(DELIVERY_LIMIT + 1):
        async with await connect(rabbitmq_server.url) as worker:
            arrivals: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
            queue = await (await worker.channel()).get_queue(bulk)
            await queue.consume(arrivals.put)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await arrivals.get()
    message = await take(channel, topology.dead_letters)
    assert message.body == b"poison"
