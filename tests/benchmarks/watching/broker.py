"""What lies on the broker? A consumer with every right takes it off, and weighs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts.topology import Lane, Topology
from tests.servers.containers import RunningServer

TOPOLOGY = Topology()


async def taken_off(broker: RunningServer) -> int:
    """Take everything off the bulk lane; return how many bytes the bodies have in all."""
    async with await aio_pika.connect(new_user(broker)) as connection:
        channel = await connection.channel()
        queues = TOPOLOGY.lane(Lane.BULK), TOPOLOGY.bundles(Lane.BULK)
        return sum([await _emptied(channel, queue) for queue in queues])


@asynccontextmanager
async def worker_that_waits(broker: RunningServer) -> AsyncIterator[None]:
    """Consume every lane, and answer nothing: a relay makes bundles where a worker reads them.

    The few messages that it was sent go back to their lanes in the end.
    """
    async with await aio_pika.connect(new_user(broker)) as connection:
        for lane in Lane:
            for name in (TOPOLOGY.lane(lane), TOPOLOGY.bundles(lane)):
                channel = await connection.channel()
                await channel.set_qos(prefetch_count=1)
                queue = await channel.get_queue(name, ensure=False)
                await queue.consume(asyncio.Queue[AbstractIncomingMessage]().put)
        yield


async def _emptied(channel: AbstractChannel, name: str) -> int:
    """Take everything off a queue; return how many bytes the bodies have in all."""
    weight = 0
    queue = await channel.declare_queue(name, passive=True)
    left = queue.declaration_result.message_count or 0
    if left:
        async with queue.iterator(no_ack=True) as messages:
            async for message in messages:
                weight += len(message.body)
                left -= 1
                if not left:
                    break
    return weight


def new_user(broker: RunningServer) -> str:
    """Make a user with every right; return the URL by which it connects."""
    name, password = f"bench-{token_hex(4)}", token_hex(8)
    broker.execute("rabbitmqctl", "--quiet", "add_user", name, password)
    broker.execute("rabbitmqctl", "--quiet", "set_permissions", name, ".*", ".*", ".*")
    return f"amqp://{name}:{password}@{broker.host}:{broker.port}/"
