"""Is a process ready whose queues are missing, or whose broker has fallen silent?"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from api.directory.dialects import DirectoryDatabase
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.health import Health
from contracts.topology import TOPOLOGY_NOT_APPLIED, Topology
from deploy.broker.rabbitmq_topology import apply_topology
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY
from deploy.processes.health_checks import instrument_relay
from deploy.processes.operator_endpoints import OperatorEndpoints
from tests.servers.migrated import FileTemplates
from tests.servers.rabbitmq import STANDARD_PORT, RabbitmqServer, delete_topology
from tests.servers.tcp_proxy import TcpProxy

HANGS_AFTER_SECONDS = 60
MISSING = (f"broker: {TOPOLOGY_NOT_APPLIED}; changes wait in the directory",)
AWAY = ("broker: cannot be reached (why); changes wait in the directory",)
READY = Health()


@pytest.fixture
async def directory(
    tmp_path: Path, file_templates: FileTemplates
) -> AsyncIterator[DirectoryDatabase]:
    url = file_templates.copy(DIRECTORY, tmp_path / "directory.sqlite3")
    database = DirectoryDatabase(*open_engines(url))
    yield database
    await database.reading.dispose()
    await database.writing.dispose()


@pytest.mark.rabbitmq
async def test_missing_queues_and_a_silent_broker_are_told_without_waiting_for_them(
    directory: DirectoryDatabase, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    """An ingress whose queues were there once goes on without them; a relay does not."""
    ingress, relay = OperatorEndpoints(), OperatorEndpoints()
    broker = URL(rabbitmq_server.url)
    proxy = TcpProxy(broker.host or "127.0.0.1", broker.port or STANDARD_PORT)
    await delete_topology(rabbitmq_server.url, topology)
    async with asyncio.timeout(HANGS_AFTER_SECONDS), proxy.serving():
        url = str(broker.with_host("127.0.0.1").with_port(proxy.port))
        publisher = RabbitmqPublisher(url, topology)
        instrument_relay(ingress, directory, publisher, needs_broker=False)
        instrument_relay(relay, directory, publisher, needs_broker=True)

        await until(ingress, Health(MISSING))
        await until(relay, Health(MISSING))
        await apply_topology(rabbitmq_server.url, topology)
        await until(ingress, READY)
        await until(relay, READY)
        proxy.freeze()
        assert await relay.looks.health() == READY, "of the look before"
        await until(ingress, Health(remarks=AWAY))
        await until(relay, Health(AWAY))
        proxy.mend()
        await delete_topology(rabbitmq_server.url, topology)
        await until(ingress, Health(remarks=MISSING))
        await until(relay, Health(MISSING))
        await publisher.close()


async def until(endpoints: OperatorEndpoints, health: Health) -> None:
    """Ask again until a process is so, for whatever reason in brackets."""
    while _without_reasons(await endpoints.looks.health()) != health:
        await asyncio.sleep(0.01)


def _without_reasons(health: Health) -> Health:
    """Return a health that names no reason: which call a silent broker fails first is chance."""
    problems, remarks = (
        tuple(re.sub(r"\(.+?\)", "(why)", told) for told in them)
        for them in (health.problems, health.remarks)
    )
    return Health(problems, remarks)
