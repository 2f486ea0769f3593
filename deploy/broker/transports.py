"""Which transport does a process use? It is RabbitMQ if a broker is set, else the embedded one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from api.outbox.relay import Relay
from contracts.embedded_transport import EmbeddedTransport
from contracts.topology import Topology
from contracts.tracing import Tracing
from contracts.transport import Consumer, Publisher
from deploy.settings import Settings
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.inventory import Inventory
from worker.rabbitmq.consumer import RabbitmqConsumer


@asynccontextmanager
async def open_both(settings: Settings) -> AsyncIterator[tuple[Publisher, Consumer]]:
    """Open publisher and consumer in one process."""
    if settings.broker_url:
        async with open_publisher(settings) as publisher, open_consumer(settings) as consumer:
            yield publisher, consumer
    else:
        transport = EmbeddedTransport()
        try:
            yield transport, transport
        finally:
            await transport.close()


@asynccontextmanager
async def open_publisher(settings: Settings) -> AsyncIterator[Publisher]:
    """Open the relay's publisher on the broker."""
    publisher = RabbitmqPublisher(settings.access_by("broker_url"), topology_of(settings))
    try:
        yield publisher
    finally:
        await publisher.close()


@asynccontextmanager
async def open_consumer(settings: Settings) -> AsyncIterator[Consumer]:
    """Open the worker's consumer on the broker."""
    consumer = RabbitmqConsumer(settings.access_by("broker_url"), topology_of(settings))
    try:
        yield consumer
    finally:
        await consumer.close()


def relay_to(
    publisher: Publisher,
    settings: Settings,
    directory: DirectoryDatabase,
    metrics: ApiMetrics,
    downstream: DownstreamDatabase,
    tracing: Tracing,
) -> Relay:
    """Return a relay to this publisher, with the bounds of the settings.

    :param downstream: is asked for the devices of leavers, if their devices go with them.
    """
    return Relay(
        directory,
        publisher,
        metrics,
        largest_event=settings.largest_event,
        largest_bundle=settings.largest_bundle,
        most_waiting=settings.most_waiting,
        devices=Inventory(downstream).devices,
        public_url=settings.base,
        tracing=tracing,
    )


def topology_of(settings: Settings) -> Topology:
    """Return the topology of this installation."""
    return Topology(prefix=settings.broker_prefix)
