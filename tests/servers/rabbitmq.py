"""What do tests need of RabbitMQ? A broker that was found, and a topology of their own on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Literal

from aio_pika import connect
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from anyio.from_thread import start_blocking_portal
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed
from testcontainers.core.container import DockerContainer

from contracts.topology import MOST_MESSAGES, Topology
from deploy.broker.rabbitmq_topology import apply_topology
from tests.servers.containers import run_container
from tests.servers.services import Service, ServiceSettings, ServiceUnavailable

STANDARD_PORT = 5672
METRICS_PORT = 15692
METRICS_BESIDE = 2
"""How many above the port of a container that shows its metrics they are reached."""
CONNECT_SECONDS = 5
START_SECONDS = 90
"""For a broker to come up on a busy machine; eight seconds are usual."""

OWN_NAMES = "muster-test-"

IN_MEMORY = "/mnt/memory"
"""Where a broker that is started for tests alone keeps its queues, instead of on a disk."""

LOOPBACK_OF_ERLANG = "-kernel inet_dist_use_interface {127,0,0,1}"
"""The argument with which Erlang's nodes talk to each other on this machine only."""

QUICK_RETRIES = (0.1, 1)
"""Seconds; in place of the tiers that make a person, or a test, wait."""


@dataclass(frozen=True, slots=True)
class RabbitmqServer:
    """A broker on which tests have topologies of their own; made in event loops or outside."""

    url: str

    @contextmanager
    def fresh_topology(
        self,
        most_messages: int = MOST_MESSAGES,
        retry_delays: tuple[float, ...] = QUICK_RETRIES,
    ) -> Iterator[Topology]:
        """Yield a topology that is on the broker; in the end all of it is deleted."""
        topology = Topology(OWN_NAMES + token_hex(8), retry_delays, most_messages)
        with start_blocking_portal() as portal:  # a thread: the caller may be in a loop
            portal.call(apply_topology, self.url, topology)
            try:
                yield topology
            finally:
                portal.call(delete_topology, self.url, topology)


async def delete_topology(url: str, topology: Topology) -> None:
    """Delete everything of a topology, as far as it is there."""
    async with await connect(url, timeout=CONNECT_SECONDS) as connection:
        channel = await connection.channel()
        for queue in topology.queues:
            await channel.queue_delete(queue.name)
        for exchange in topology.exchanges:
            await channel.exchange_delete(exchange.name)


def rabbitmq_service(settings: ServiceSettings) -> Service:
    """Return how to come by a RabbitMQ broker."""
    return Service(
        name="RabbitMQ",
        given_by="MUSTER_TEST_RABBITMQ_URL",
        given_url=settings.rabbitmq_url,
        image=settings.rabbitmq_image,
        start_container=partial(_run_rabbitmq, network=settings.docker_network),
        local_url=_url("127.0.0.1", STANDARD_PORT),  # with the stock credentials
        local_habit=f"with exchanges and queues that are made, named {OWN_NAMES}…, and deleted",
        check=_check,
    )


@contextmanager
def _run_rabbitmq(image: str, *, network: Literal["bridge", "host"]) -> Iterator[str]:
    with run_container(
        image,
        STANDARD_PORT,
        network=network,
        environment={"RABBITMQ_MNESIA_BASE": IN_MEMORY},
        listen_on=listen_on_loopback,
        small_disks={IN_MEMORY: "2g"},
    ) as server:
        url = _url(server.host, server.port)
        wait_for_rabbitmq(url)
        yield url


def wait_for_rabbitmq(url: str) -> None:
    """Wait until a broker that has started answers; raise ServiceUnavailable if it never does."""
    for attempt in Retrying(
        retry=retry_if_exception_type(ServiceUnavailable),
        wait=wait_fixed(0.2),
        stop=stop_after_delay(START_SECONDS),
        reraise=True,
    ):
        with attempt:
            _check(url)


def listen_on_loopback(container: DockerContainer, port: int) -> None:
    """Let it run beside other brokers: a node of its own, and no plugin with a port of its own."""
    container.with_envs(
        ERL_EPMD_ADDRESS="127.0.0.1",
        RABBITMQ_NODENAME=f"muster-test-{port}@localhost",
        RABBITMQ_NODE_IP_ADDRESS="127.0.0.1",
        RABBITMQ_NODE_PORT=str(port),
        RABBITMQ_DIST_PORT=str(port + 1),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=LOOPBACK_OF_ERLANG,
        RABBITMQ_CTL_ERL_ARGS=LOOPBACK_OF_ERLANG,
        RABBITMQ_ENABLED_PLUGINS_FILE="/dev/null",
    )


def listen_on_loopback_and_show_metrics(container: DockerContainer, port: int) -> None:
    """Do the same, but run the plugins of its own file, of which one is about metrics."""
    listen_on_loopback(container, port)
    listener = f'[{{port,{port + METRICS_BESIDE}}},{{ip,"127.0.0.1"}}]'
    container.with_envs(
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=f"{LOOPBACK_OF_ERLANG} -rabbitmq_prometheus"
        f" tcp_config {listener}",
        RABBITMQ_ENABLED_PLUGINS_FILE="/etc/rabbitmq/enabled_plugins",
    )


def _url(host: str, port: int) -> str:
    return f"amqp://guest:guest@{host}:{port}/"


def _check(url: str) -> None:
    with start_blocking_portal() as portal:
        portal.call(_connect_once, url)


async def _connect_once(url: str) -> None:
    try:
        connection = await connect(url, timeout=CONNECT_SECONDS)
    except CONNECTION_EXCEPTIONS as problem:
        raise ServiceUnavailable(type(problem).__name__) from problem
    await connection.close()
