"""What lies on the broker? A consumer with every right takes it off, and weighs it."""

from secrets import token_hex

import aio_pika

from contracts.topology import Lane, Topology
from tests.servers.containers import RunningServer

LANE = Topology().lane(Lane.BULK)


async def taken_off(broker: RunningServer) -> int:
    """Take everything off the bulk lane; return how many bytes the bodies have in all."""
    weight = 0
    async with await aio_pika.connect(new_user(broker)) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(LANE, passive=True)
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
