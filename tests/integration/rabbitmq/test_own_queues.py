"""Is an event safe that only another system's queue has taken? It is not, and is not confirmed."""

from dataclasses import replace

import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue

from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.identities_changed import join
from contracts.topology import TOPOLOGY_NOT_APPLIED, Lane, Topology
from contracts.transport import Confirmed, Parcel, Unknown
from deploy.broker.rabbitmq_topology import apply_topology
from tests.servers.rabbitmq import RabbitmqServer

pytestmark = pytest.mark.rabbitmq

LEAVER = Parcel("leaver", Lane.URGENT, b"{}")
LEAVERS = Parcel("leavers", Lane.URGENT, join([b"{}", b"{}"]), events=2)
JOINER = replace(LEAVER, lane=Lane.BULK)
JOINERS = replace(LEAVERS, lane=Lane.BULK)

EVERYTHING = (LEAVER, LEAVERS, JOINER, JOINERS)
NOT_APPLIED = Unknown(TOPOLOGY_NOT_APPLIED)


@pytest.fixture
async def others(topology: Topology, channel: AbstractChannel) -> AbstractQueue:
    """Give the queue of another system, which is bound to all events."""
    name = f"{topology.of_consumers}mirror"
    queue = await channel.declare_queue(name, exclusive=True)
    await queue.bind(topology.events, "#")
    return queue


def queue_of(parcel: Parcel, topology: Topology) -> str:
    """Return the queue of Muster's own that a parcel is for."""
    return (topology.bundles if parcel.is_bundle else topology.lane)(parcel.lane)


async def messages_in(queue: str, channel: AbstractChannel) -> int | None:
    """Return how many messages lie in a queue."""
    return (await channel.get_queue(queue)).declaration_result.message_count


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("lost", EVERYTHING)
async def test_what_only_the_queue_of_others_has_taken_is_not_confirmed(
    publisher: RabbitmqPublisher,
    rabbitmq_server: RabbitmqServer,
    topology: Topology,
    channel: AbstractChannel,
    lost: Parcel,
) -> None:
    assert await publisher.publish(EVERYTHING) == [Confirmed()] * 4
    await channel.queue_delete(queue_of(lost, topology))
    expected = [NOT_APPLIED if it is lost else Confirmed() for it in EVERYTHING]
    assert await publisher.publish(EVERYTHING) == expected
    assert await publisher.publish_alone(lost) == NOT_APPLIED
    await apply_topology(rabbitmq_server.url, topology)
    assert await publisher.publish([lost]) == [Confirmed()]
    assert await publisher.publish_alone(lost) == Confirmed()
    assert await messages_in(queue_of(lost, topology), channel) == 2


async def test_others_are_not_told_again_and_again_while_a_queue_is_missing(
    publisher: RabbitmqPublisher,
    topology: Topology,
    channel: AbstractChannel,
    others: AbstractQueue,
) -> None:
    await channel.queue_delete(topology.lane(Lane.BULK))
    for _ in range(5):
        assert await publisher.publish([JOINER]) == [NOT_APPLIED]
    assert await messages_in(others.name, channel) == 1


@pytest.mark.usefixtures("others")
async def test_a_lost_queue_of_joiners_disturbs_no_leaver_on_the_same_line(
    publisher: RabbitmqPublisher,
    topology: Topology,
    channel: AbstractChannel,
) -> None:
    await channel.queue_delete(topology.lane(Lane.BULK))
    for _ in range(5):
        assert await publisher.publish([JOINER, LEAVER]) == [NOT_APPLIED, Confirmed()]
    assert await messages_in(topology.lane(Lane.URGENT), channel) == 5
