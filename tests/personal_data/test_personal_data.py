"""Does anything personal get into logs, metrics, failures or dead letters, whatever happens?"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.topology import RETRY_DELAYS
from contracts.tracing import SpanName
from tests.drivers.muster_process import running_part
from tests.personal_data.installation import Installation
from tests.personal_data.letters import letters_on
from tests.personal_data.marks import leaks
from tests.personal_data.story import TOLD, live, open_connections, shown_by
from tests.servers.otlp_collector import Collector, collecting
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitmqServer

pytestmark = pytest.mark.slow


def check(installation: Installation, shown: dict[str, str], *tokens: str) -> None:
    """Check that all of it has happened, and that nobody can tell of whom it was."""
    assert [event for event in TOLD if not installation.logged(event)] == []
    assert leaks(installation.logs() | shown, *tokens) == []
    assert "Traceback" not in "".join(installation.logs().values())


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def traced_to(collector: Collector) -> dict[str, str]:
    """Return the settings of an installation that tells of every request."""
    return {"MUSTER_TRACING_ENDPOINT": collector.url, "MUSTER_TRACING_RATIO": "1"}


def told_to(collector: Collector) -> dict[str, str]:
    """Return what a collector was told, of every kind of work."""
    assert {span.name for span in collector.spans} == set(SpanName)
    return {"spans": "\n".join(body.decode(errors="replace") for body in collector.bodies)}


async def test_one_process_shows_nothing_personal(
    installation_of: Callable[..., Installation], tmp_path: Path, collector: Collector
) -> None:
    installation = installation_of(
        ("run",),
        running_part,  # what an interpreter says as it ends counts too: once is enough
        **traced_to(collector),
        MUSTER_DIRECTORY_DATABASE_URL=f"sqlite:///{tmp_path}/directory.sqlite3",
        MUSTER_DOWNSTREAM_DATABASE_URL=f"sqlite:///{tmp_path}/downstream.sqlite3",
    )
    async with installation.running():
        connections = await open_connections(installation)
        await live(installation, connections)
        shown = await shown_by(installation)
    check(installation, shown | told_to(collector), connections.store.token, connections.mdm.token)


@pytest.mark.postgres
@pytest.mark.rabbitmq
async def test_processes_and_broker_show_nothing_personal(
    installation_of: Callable[..., Installation],
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitmqServer,
    collector: Collector,
) -> None:
    with (
        postgres_server.fresh_database() as directory,
        postgres_server.fresh_database() as downstream,
        rabbitmq_server.fresh_topology(retry_delays=RETRY_DELAYS) as topology,
    ):
        installation = installation_of(
            ("api", "relay", "worker"),
            **traced_to(collector),
            MUSTER_DIRECTORY_DATABASE_URL=directory.replace("+asyncpg", ""),
            MUSTER_DOWNSTREAM_DATABASE_URL=downstream.replace("+asyncpg", ""),
            MUSTER_BROKER_URL=rabbitmq_server.url,
            MUSTER_BROKER_PREFIX=topology.prefix,
        )
        await installation.command("migrate")
        async with installation.running(), letters_on(rabbitmq_server.url, topology) as letters:
            connections = await open_connections(installation)
            await live(installation, connections)
            await letters.publish_unreadable()
            shown = await shown_by(installation, ("dead-letters", "list"))
            shown |= await letters.headers()
        assert installation.logged("event_undecodable")
    shown |= told_to(collector)
    check(installation, shown, connections.store.token, connections.mdm.token)
