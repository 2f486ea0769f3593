"""What does applying the topology do to a broker? Once or twice the same, and never in silence."""

import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from aio_pika.abc import AbstractChannel

from contracts.topology import Topology
from deploy.broker.rabbitmq_connection import BrokerUnusable
from deploy.broker.rabbitmq_topology import TopologyNotApplied, apply_topology
from tests.servers.rabbitmq import RabbitmqServer

pytestmark = pytest.mark.rabbitmq


async def test_applying_it_again_changes_nothing(
    rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    await apply_topology(rabbitmq_server.url, topology)


async def test_a_queue_that_is_different_is_named_with_the_difference_and_the_remedy(
    rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    with pytest.raises(TopologyNotApplied) as error:
        await apply_topology(rabbitmq_server.url, replace(topology, most_messages=7))
    for part in (topology.queues[1].name, "x-max-length", "'7'", "delete it once it is empty"):
        assert part in str(error.value)


async def test_an_exchange_that_is_different_is_named(
    rabbitmq_server: RabbitmqServer, topology: Topology, channel: AbstractChannel
) -> None:
    await channel.exchange_delete(topology.events)
    await channel.declare_exchange(topology.events, "fanout", durable=True)
    with pytest.raises(TopologyNotApplied, match=f"exchange {topology.events} exists"):
        await apply_topology(rabbitmq_server.url, topology)


async def test_a_broker_that_is_not_there_is_told_as_such(topology: Topology) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        with pytest.raises(BrokerUnusable, match="cannot be reached"):
            await apply_topology(f"amqp://user:secret@127.0.0.1:{port}/", topology)


async def test_a_mechanism_that_a_broker_does_not_know_is_told_as_such(
    rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    url = f"{_url_with(rabbitmq_server.url)}?auth=external"
    with pytest.raises(BrokerUnusable, match="does not take the mechanism that auth"):
        await apply_topology(url, topology)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"username": "nobody", "password": "wrong"}, "refuses that user or password"),
        ({"vhost": "nowhere"}, "virtual host"),
    ],
)
async def test_a_broker_that_lets_nobody_in_says_what_to_change(
    rabbitmq_server: RabbitmqServer, topology: Topology, changed: dict[str, str], says: str
) -> None:
    url = _url_with(rabbitmq_server.url, **changed)
    with pytest.raises(BrokerUnusable, match=says) as error:
        await apply_topology(url, topology)
    assert "MUSTER_BROKER_URL" in str(error.value)


def _url_with(
    url: str, *, username: str | None = None, password: str | None = None, vhost: str = ""
) -> str:
    """Return the URL of a broker with another user or virtual host."""
    parts = urlsplit(url)
    user = f"{username or parts.username}:{password or parts.password}"
    return f"{parts.scheme}://{user}@{parts.hostname}:{parts.port or 5672}/{vhost}"
