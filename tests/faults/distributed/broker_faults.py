"""What happens to the broker, and to what lies on it? It ends, is short of space, or repeats."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aio_pika import Message, connect
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts.topology import Lane, Topology
from tests.faults.distributed.site import Site
from tests.servers.broker_alarms import short_of_disk, short_of_memory
from tests.servers.rabbitmq import wait_for_rabbitmq

TOPOLOGY = Topology()
TAKEN = 40
"""Deliveries of a queue that somebody holds back at once, at most."""


async def restart(site: Site) -> None:
    """Restart it as operators do."""
    await asyncio.to_thread(site.installation.broker.restart)
    await _answers(site)


async def kill(site: Site) -> None:
    """End it with SIGKILL, and start it again."""
    await asyncio.to_thread(site.installation.broker.kill)
    await _answers(site)


async def exhaust_memory(site: Site) -> None:
    """Let it be short of memory for a while: it takes nothing from publishers."""
    alarm = short_of_memory(site.installation.broker)
    await asyncio.to_thread(alarm.__enter__)
    await asyncio.sleep(site.drawn.uniform(0.5, 2))
    await asyncio.to_thread(alarm.__exit__, None, None, None)


async def exhaust_disk(site: Site) -> None:
    """Let its disk be full for a while."""
    alarm = short_of_disk(site.installation.broker)
    await asyncio.to_thread(alarm.__enter__)
    await asyncio.sleep(site.drawn.uniform(0.5, 2))
    await asyncio.to_thread(alarm.__exit__, None, None, None)


async def disorder_deliveries(site: Site) -> None:
    """Take what lies in the lanes, single events and bundles, and put it back late and twice."""
    queues = [*map(TOPOLOGY.lane, Lane), *map(TOPOLOGY.bundles, Lane)]
    async with _lanes(site) as channel:
        for _ in range(site.drawn.randint(2, 5)):
            held = [(name, it) for name in queues for it in await _take(channel, name)]
            await asyncio.sleep(site.drawn.uniform(0.1, 0.6))
            again = [*held, *held]
            site.drawn.shuffle(again)
            for name, message in again:
                await _put_back(channel, name, message)
            for _, message in held:
                await message.ack()
            site.note("disordered", deliveries=len(held))


@asynccontextmanager
async def _lanes(site: Site) -> AsyncIterator[AbstractChannel]:
    """Open a channel with the rights of a worker, which suffice."""
    async with await connect(site.installation.broker_url("muster-worker")) as connection:
        yield await connection.channel()


async def _take(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    """Compete with the workers for a queue for a moment; return what was won."""
    queue = await channel.get_queue(name, ensure=False)
    await channel.set_qos(prefetch_count=TAKEN)
    won: list[AbstractIncomingMessage] = []

    async def keep(message: AbstractIncomingMessage) -> None:
        won.append(message)

    tag = await queue.consume(keep)
    await asyncio.sleep(0.3)
    await queue.cancel(tag)
    return won


async def _put_back(channel: AbstractChannel, name: str, message: AbstractIncomingMessage) -> None:
    direct = await channel.get_exchange(TOPOLOGY.direct, ensure=False)
    same = Message(
        message.body,
        headers=message.headers,
        content_type=message.content_type,
        delivery_mode=message.delivery_mode,
        message_id=message.message_id,
    )
    await direct.publish(same, name)


async def _answers(site: Site) -> None:
    url = site.installation.broker_url("muster-topology")
    await asyncio.to_thread(wait_for_rabbitmq, url)
