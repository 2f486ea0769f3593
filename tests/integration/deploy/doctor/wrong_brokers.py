"""Which brokers are none that Muster can work with?"""

from aio_pika import Message, connect
from sqlalchemy import make_url
from yarl import URL

from contracts.topology import Lane, Topology
from deploy.broker.rabbitmq_topology import apply_topology
from tests.integration.deploy.doctor.installation import Installation
from tests.servers.ports import free_port


def _changed(it: Installation, **parts: object) -> None:
    url = URL(it.rabbitmq().url)
    for name, value in parts.items():
        url = getattr(url, f"with_{name}")(value)
    it.set(BROKER_URL=str(url))


async def _publish(it: Installation, queue: str) -> None:
    async with await connect(it.rabbitmq().url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(Message(b"{}"), routing_key=queue)
    it.stack.push_async_callback(_make_anew, it, queue)


async def _make_anew(it: Installation, queue: str) -> None:
    async with await connect(it.rabbitmq().url) as connection:
        await (await connection.channel()).queue_delete(queue)
    await apply_topology(it.rabbitmq().url, it.topology)


async def a_closed_port(it: Installation) -> None:
    _changed(it, host="127.0.0.1", port=free_port())


async def another_server(it: Installation) -> None:
    database = make_url(it.postgres().admin_url)
    _changed(it, host=database.host, port=database.port)


async def a_wrong_password(it: Installation) -> None:
    _changed(it, password="secret")


async def no_such_virtual_host(it: Installation) -> None:
    _changed(it, path="/muster-test-none")


async def another_prefix(it: Installation) -> None:
    it.set(BROKER_PREFIX=f"{it.topology.prefix}-next")


async def a_queue_of_another_kind(it: Installation) -> None:
    name = it.topology.lane(Lane.URGENT)
    async with await connect(it.rabbitmq().url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(name)
        await channel.declare_queue(name, durable=True)
    it.stack.push_async_callback(_make_anew, it, name)


async def a_dead_letter(it: Installation) -> None:
    await _publish(it, it.topology.dead_letters)


async def no_worker(it: Installation) -> None:
    await _publish(it, Topology(it.topology.prefix).lane(Lane.BULK))
