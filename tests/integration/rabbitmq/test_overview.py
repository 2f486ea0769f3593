"""Does the overview count what lies in the broker? Events wait there while no worker runs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from api.admin.actors import COMMAND
from api.admin.overview import ConnectionOverview, overview_of
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from api.outbox.relay import Relay
from contracts.topology import Lane, Topology
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.drivers.both_sides import Installation, installation_on, opened_on_both_sides
from tests.servers.migrated import NewDatabase
from worker.consume import Worker
from worker.metrics import WorkerMetrics
from worker.rabbitmq.consumer import RabbitmqConsumer

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True),
]

PATIENCE_SECONDS = 60
"""Only so that a worker that applies nothing ends the test."""

LEAVE = {"op": "replace", "path": "active", "value": False}


@pytest.fixture
async def installation(new_database_url: NewDatabase) -> AsyncIterator[Installation]:
    """Give both sides, with a store of Acme."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as databases, installation_on(databases) as installation:
        yield installation


async def publish(installation: Installation, publisher: RabbitmqPublisher) -> None:
    """Publish every mark."""
    relay = Relay(installation.ingress.database, publisher, installation.metrics)
    for lane in Lane:
        while await relay.move(lane):
            pass


async def told(installation: Installation) -> ConnectionOverview:
    [overview] = await overview_of(installation.administration, COMMAND, "Acme")
    return overview


async def work_until_applied(installation: Installation, consumer: RabbitmqConsumer) -> None:
    """Let a worker run until the overview says that it has nothing left to do."""
    stop, metrics = asyncio.Event(), WorkerMetrics(CollectorRegistry())
    worker = asyncio.ensure_future(Worker(installation.downstream, consumer, metrics).run(stop))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await told(installation)).pending:
            await asyncio.sleep(0.02)
    stop.set()
    await worker


async def test_published_events_are_pending_while_no_worker_runs(
    installation: Installation, url: str, topology: Topology
) -> None:
    publisher, consumer = RabbitmqPublisher(url, topology), RabbitmqConsumer(url, topology)
    people = [await installation.ingress.user(f"{number}@acme.test") for number in range(4)]
    await publish(installation, publisher)
    assert (await told(installation)).pending == 4
    await work_until_applied(installation, consumer)
    assert len(await installation.accounts()) == 4
    for identity in people[:2]:
        await installation.ingress.patch(f"/Users/{identity}", LEAVE)
    await publish(installation, publisher)
    assert (await told(installation)).pending == 2
    await installation.ingress.user("not-yet-published@acme.test")
    overview = await told(installation)
    assert (overview.pending, overview.active, overview.inactive) == (3, 3, 2)
    await publisher.close()
    await consumer.close()
