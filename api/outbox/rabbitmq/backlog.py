"""How many messages lie on RabbitMQ? Passive declarations of the queues return their numbers."""

from aio_pika.abc import AbstractChannel, AbstractConnection

from contracts.topology import Lane, Topology
from contracts.transport import Backlog


async def count_backlog(connection: AbstractConnection, topology: Topology) -> Backlog:
    """Count the ready messages in the queues of a topology.

    Older brokers demand no permission for it, newer ones any to the queue (some: to configure).

    :raises AMQPError: when a queue is missing, which closes the channel but not the connection.
    """
    async with connection.channel(publisher_confirms=False) as channel:
        tiers = [topology.tier(lane, delay) for lane in Lane for delay in topology.retry_delays]
        return Backlog(
            waiting={lane: await _ready(channel, topology.lane(lane)) for lane in Lane},
            delayed=sum([await _ready(channel, tier) for tier in tiers]),
            dead_letters=await _ready(channel, topology.dead_letters),
        )


async def _ready(channel: AbstractChannel, queue: str) -> int:
    declared = await channel.get_queue(queue)
    return declared.declaration_result.message_count or 0
