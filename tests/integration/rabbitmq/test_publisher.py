"""What does the relay learn about its parcels? Confirmed where RabbitMQ has them, else Unknown."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from aio_pika import Message
from aio_pika.abc import AbstractChannel
from pamqp import commands, frame

from api.outbox.rabbitmq.line import ASKED_AFTER
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.topology import TOPOLOGY_NOT_APPLIED, Lane, Topology
from contracts.transport import (
    Backlog,
    Confirmed,
    Parcel,
    PublishOutcome,
    Rejected,
    TransportState,
    Unknown,
)
from deploy.broker.rabbitmq_topology import apply_topology
from tests.servers.rabbitmq import RabbitmqServer, delete_topology
from tests.servers.tcp_proxy import TcpProxy

pytestmark = pytest.mark.rabbitmq

PATIENCE_SECONDS = 60
"""Only so that a broken publisher ends the test."""

SHORT = 0.3
"""Seconds until a publisher gives up, where a test wants it to."""

FORGOTTEN_SECONDS = 5.0
"""The same, where it has time for another connection."""


@pytest.fixture
async def impatient(url: str, topology: Topology) -> AsyncIterator[RabbitmqPublisher]:
    """Give a publisher that is connected and will not wait for long."""
    publisher = RabbitmqPublisher(url, topology, confirm_seconds=SHORT)
    await until_confirmed(publisher)
    yield publisher
    await publisher.close()


def parcels(count: int, lane: Lane = Lane.BULK) -> list[Parcel]:
    """Make parcels."""
    return [Parcel(f"{lane}-{n}", lane, b"{}", attempts=n) for n in range(count)]


async def until_confirmed(publisher: RabbitmqPublisher) -> None:
    """Publish again and again, as the relay does."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await publisher.publish(parcels(1)) != [Confirmed()]:
            await asyncio.sleep(0.01)


async def test_a_batch_is_confirmed_in_whole(publisher: RabbitmqPublisher) -> None:
    batch = parcels(200) + parcels(50, Lane.URGENT)
    assert await publisher.publish(batch) == [Confirmed()] * 250


async def test_a_message_says_what_it_is_and_survives_the_broker(
    publisher: RabbitmqPublisher, topology: Topology, channel: AbstractChannel
) -> None:
    await publisher.publish(parcels(2) * 2)
    queue = await channel.get_queue(topology.lane(Lane.BULK))
    messages = [await queue.get() for _ in range(4)]
    assert {message.content_type for message in messages} == {"application/cloudevents+json"}
    assert {message.delivery_mode for message in messages} == {2}  # persistent
    assert [message.headers["muster-attempts"] for message in messages] == [0, 1, 0, 1]
    assert len({message.message_id for message in messages}) == 4


async def test_what_no_queue_takes_is_unknown(
    publisher: RabbitmqPublisher, topology: Topology, channel: AbstractChannel
) -> None:
    bulk = await channel.get_queue(topology.lane(Lane.BULK))
    await bulk.unbind(topology.events, topology.routing_key(Lane.BULK))
    outcomes = await publisher.publish(parcels(3) + parcels(2, Lane.URGENT))
    assert outcomes == [Unknown("unroutable")] * 3 + [Confirmed()] * 2
    await bulk.bind(topology.events, topology.routing_key(Lane.BULK))
    assert await publisher.publish(parcels(3)) == [Confirmed()] * 3


@pytest.fixture(scope="module")
def too_large() -> Parcel:
    """Give a parcel that no RabbitMQ takes by itself: more than 128 MiB, or 16 MiB since 4.0."""
    return Parcel("large", Lane.BULK, bytes(128 * 1024 * 1024 + 1))


async def test_a_message_that_is_too_large_makes_suspects_and_alone_it_is_rejected(
    publisher: RabbitmqPublisher, too_large: Parcel
) -> None:
    together = await publisher.publish([*parcels(2), too_large, *parcels(2)])
    assert isinstance(together[2], Unknown)
    assert together[2].suspect
    assert isinstance(await publisher.publish_alone(too_large), Rejected)
    assert await publisher.publish_alone(parcels(1)[0]) == Confirmed()
    assert await publisher.publish(parcels(4)) == [Confirmed()] * 4


async def test_what_a_suspect_breaks_carries_no_other_parcel(
    publisher: RabbitmqPublisher, too_large: Parcel
) -> None:
    await publisher.publish(parcels(1))
    rejecting = asyncio.ensure_future(publisher.publish_alone(too_large))
    outcomes = set[PublishOutcome]()
    while not rejecting.done():
        outcomes.update(await publisher.publish(parcels(20)))
    assert outcomes == {Confirmed()}
    assert isinstance(await rejecting, Rejected)


async def test_what_was_on_its_way_on_a_line_that_is_cut_is_suspect(
    publisher: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    proxy.freeze()
    publishing = asyncio.ensure_future(publisher.publish(parcels(3)))
    await asyncio.sleep(0)
    proxy.cut()
    assert {it.suspect for it in await publishing if isinstance(it, Unknown)} == {True}
    away = await publisher.publish(parcels(3))
    assert {it.suspect for it in away if isinstance(it, Unknown)} == {False}
    proxy.mend()


@pytest.fixture
def tiny_topology(rabbitmq_server: RabbitmqServer) -> Iterator[Topology]:
    """Give a topology whose lanes are full soon."""
    with rabbitmq_server.fresh_topology(most_messages=2) as topology:
        yield topology


async def test_what_a_full_lane_refuses_is_unknown_until_there_is_room(
    url: str, tiny_topology: Topology, channel: AbstractChannel
) -> None:
    publisher = RabbitmqPublisher(url, tiny_topology)
    outcomes: set[PublishOutcome] = set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while Unknown("DeliveryError") not in outcomes:
            outcomes.update(await publisher.publish(parcels(10)))
    assert outcomes == {Confirmed(), Unknown("DeliveryError")}
    assert await publisher.publish(parcels(1, Lane.URGENT)) == [Confirmed()]
    bulk = await channel.get_queue(tiny_topology.lane(Lane.BULK))
    await bulk.purge()
    await until_confirmed(publisher)
    await publisher.close()


async def test_without_a_topology_everything_is_unknown_until_it_is_applied(
    url: str, rabbitmq_server: RabbitmqServer
) -> None:
    with rabbitmq_server.fresh_topology() as topology:
        await delete_topology(rabbitmq_server.url, topology)
        publisher = RabbitmqPublisher(url, topology)
        outcomes = await publisher.publish(parcels(50))
        assert {type(outcome) for outcome in outcomes} == {Unknown}
        await apply_topology(rabbitmq_server.url, topology)
        await until_confirmed(publisher)
        await publisher.close()


async def test_a_broker_that_cannot_be_reached_leaves_everything_unknown(
    publisher: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    proxy.cut()
    outcomes = await publisher.publish(parcels(3))
    assert {type(outcome) for outcome in outcomes} == {Unknown}
    unreachable = TransportState(connected=False, trouble="AMQPConnectionError")
    assert await publisher.inspect() == unreachable
    proxy.mend()
    await until_confirmed(publisher)
    assert (await publisher.inspect()).connected


async def test_a_cut_connection_is_replaced_by_the_next_publication(
    publisher: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    for turns in (1, 10, 100):
        publishing = asyncio.ensure_future(publisher.publish(parcels(200)))
        for _ in range(turns):  # so that it is cut at different moments
            await asyncio.sleep(0)
        proxy.cut()
        outcomes = await publishing
        assert {type(outcome) for outcome in outcomes} <= {Confirmed, Unknown}
        proxy.mend()
        await until_confirmed(publisher)


async def test_a_stuck_peer_means_unknown_in_time(
    impatient: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    proxy.freeze()
    outcomes = await impatient.publish(parcels(200))
    assert set(outcomes) == {Unknown("no confirm in time", suspect=True)}
    proxy.mend()
    await until_confirmed(impatient)


async def test_a_stuck_peer_that_hangs_up_at_last_means_unknown(
    publisher: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    proxy.freeze()
    publishing = asyncio.ensure_future(publisher.publish(parcels(200)))
    await asyncio.sleep(0)
    proxy.cut()
    assert {type(outcome) for outcome in await publishing} <= {Confirmed, Unknown}


async def test_who_cancels_a_publication_is_not_told_that_it_is_unknown(
    publisher: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    proxy.freeze()
    publishing = asyncio.ensure_future(publisher.publish(parcels(3)))
    await asyncio.sleep(0)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    proxy.mend()
    await until_confirmed(publisher)


async def test_a_broker_that_blocks_publishers_is_not_sent_more(
    impatient: RabbitmqPublisher, proxy: TcpProxy
) -> None:
    proxy.say(frame.marshal(commands.Connection.Blocked("low on memory"), 0))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await impatient.publish(parcels(1)) != [Unknown("blocked by the broker")]:
            pass  # it has not heard of the alarm yet
    assert await impatient.inspect() == TransportState(connected=True, blocked=True)
    proxy.say(frame.marshal(commands.Connection.Unblocked(), 0))
    await until_confirmed(impatient)
    assert not (await impatient.inspect()).blocked


async def test_a_look_counts_what_lies_in_each_lane_in_the_tiers_and_among_the_dead(
    url: str, rabbitmq_server: RabbitmqServer, channel: AbstractChannel
) -> None:
    with rabbitmq_server.fresh_topology(retry_delays=(600,)) as topology:
        publisher = RabbitmqPublisher(url, topology)
        await publisher.publish(parcels(3) + parcels(2, Lane.URGENT))
        for queue in (topology.dead_letters, topology.tier(Lane.BULK, 600)):
            await channel.default_exchange.publish(Message(b"x"), queue)
        state = await publisher.inspect()
        await publisher.close()
    waiting = {Lane.BULK: 3, Lane.URGENT: 2}
    assert state.backlog == Backlog(waiting, delayed=1, dead_letters=1, at_most=waiting)


async def test_without_a_topology_it_says_so_and_works_once_there_is_one(
    publisher: RabbitmqPublisher, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    await delete_topology(rabbitmq_server.url, topology)
    assert await publisher.inspect() == TransportState(connected=True, incomplete=True)
    [outcome] = await publisher.publish(parcels(1))
    assert outcome == Unknown(TOPOLOGY_NOT_APPLIED)
    await apply_topology(rabbitmq_server.url, topology)
    await until_confirmed(publisher)


async def test_a_lost_exchange_is_seen_before_anything_is_published(
    publisher: RabbitmqPublisher, topology: Topology, channel: AbstractChannel
) -> None:
    assert not (await publisher.inspect()).incomplete
    await channel.exchange_delete(topology.events)
    assert await publisher.inspect() == TransportState(connected=True, incomplete=True)


async def test_a_line_that_is_forgotten_in_silence_costs_one_publication(
    url: str, topology: Topology, proxy: TcpProxy
) -> None:
    publisher = RabbitmqPublisher(url, topology, confirm_seconds=FORGOTTEN_SECONDS)
    await until_confirmed(publisher)
    proxy.forget()
    assert await publisher.publish(parcels(1)) == [Unknown("no confirm in time", suspect=True)]
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    await publisher.close()


async def test_after_a_rest_a_forgotten_line_costs_none(
    url: str, topology: Topology, proxy: TcpProxy
) -> None:
    publisher = RabbitmqPublisher(url, topology)
    await until_confirmed(publisher)
    proxy.forget()
    await asyncio.sleep(ASKED_AFTER)  # the rest itself
    assert await publisher.publish(parcels(1)) == [Confirmed()]
    await publisher.close()
