"""How does a broker get its topology? A command declares it before any process runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPChannelError, ChannelPreconditionFailed

from contracts.topology import Exchange, Queue, Topology
from deploy.broker.rabbitmq_connection import connect_to_broker
from deploy.errors import DeployError


class TopologyNotApplied(DeployError):
    """The broker lacks the topology or a part of it. The text says how to mend that."""


async def apply_topology(url: str, topology: Topology) -> None:
    """Declare exchanges, queues and bindings. Existing ones that match stay as they are.

    :raises BrokerUnusable: when there is no connection to the broker.
    :raises TopologyNotApplied: when an exchange or a queue of that name is different, or when the
        user may not configure it.
    """
    connection = await connect_to_broker(url)
    async with connection, connection.channel() as channel:
        for exchange in topology.exchanges:
            with _explained(f"exchange {exchange.name}"):
                await _declare_exchange(channel, exchange)
        for queue in topology.queues:
            with _explained(f"queue {queue.name}"):
                await _declare_queue(channel, queue)


async def _declare_exchange(channel: AbstractChannel, exchange: Exchange) -> None:
    await channel.declare_exchange(exchange.name, exchange.type, durable=True)


async def _declare_queue(channel: AbstractChannel, queue: Queue) -> None:
    declared = await channel.declare_queue(
        queue.name, durable=True, arguments=dict(queue.arguments)
    )
    for binding in queue.bindings:
        await declared.bind(binding.exchange, binding.routing_key)


@contextmanager
def _explained(declared: str) -> Iterator[None]:
    try:
        yield
    except ChannelPreconditionFailed as error:
        raise TopologyNotApplied(
            f"{declared} exists and is different ({error.args[-1]}): delete it once it is empty,"
            " or choose another prefix, and apply again"
        ) from error
    except AMQPChannelError as error:
        raise TopologyNotApplied(f"{declared} cannot be declared: {error.args[-1]}") from error
