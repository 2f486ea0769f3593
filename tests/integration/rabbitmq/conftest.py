"""What do these tests share? A broker behind a proxy, who publishes to it, and a look past it."""

from collections.abc import AsyncIterator

import pytest
from aio_pika import connect
from aio_pika.abc import AbstractChannel
from yarl import URL

from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.topology import Topology
from tests.servers.rabbitmq import STANDARD_PORT, RabbitmqServer
from tests.servers.tcp_proxy import TcpProxy


@pytest.fixture
async def proxy(rabbitmq_server: RabbitmqServer) -> AsyncIterator[TcpProxy]:
    """Give a line to the broker that can be cut and frozen."""
    broker = URL(rabbitmq_server.url)
    proxy = TcpProxy(broker.host or "127.0.0.1", broker.port or STANDARD_PORT)
    async with proxy.serving():
        yield proxy


@pytest.fixture
def url(rabbitmq_server: RabbitmqServer, proxy: TcpProxy) -> str:
    """Give the URL of the broker behind the proxy."""
    return str(URL(rabbitmq_server.url).with_host("127.0.0.1").with_port(proxy.port))


@pytest.fixture
async def channel(rabbitmq_server: RabbitmqServer) -> AsyncIterator[AbstractChannel]:
    """Give a channel of the tests' own, past the proxy."""
    async with await connect(rabbitmq_server.url) as connection:
        yield await connection.channel()


@pytest.fixture
async def publisher(url: str, topology: Topology) -> AsyncIterator[RabbitmqPublisher]:
    """Give the publisher of a relay, as patient as in production."""
    publisher = RabbitmqPublisher(url, topology)
    yield publisher
    await publisher.close()
