"""Does anything personal get into logs, metrics, failures or dead letters, whatever happens?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.topology import RETRY_DELAYS
from tests.personal_data.installation import Installation
from tests.personal_data.letters import letters_on
from tests.personal_data.marks import leaks
from tests.personal_data.story import TOLD, live, open_connections, shown_by
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitmqServer

pytestmark = pytest.mark.slow


def check(installation: Installation, shown: dict[str, str], *tokens: str) -> None:
    """Check that all of it has happened, and that nobody can tell of whom it was."""
    assert [event for event in TOLD if not installation.logged(event)] == []
    assert leaks(installation.logs() | shown, *tokens) == []
    assert "Traceback" not in "".join(installation.logs().values())


async def test_one_process_shows_nothing_personal(
    installation_of: Callable[..., Installation], tmp_path: Path
) -> None:
    installation = installation_of(
        ("run",),
        MUSTER_DIRECTORY_DATABASE_URL=f"sqlite:///{tmp_path}/directory.sqlite3",
        MUSTER_DOWNSTREAM_DATABASE_URL=f"sqlite:///{tmp_path}/downstream.sqlite3",
    )
    async with installation.running():
        connections = await open_connections(installation)
        await live(installation, connections)
        shown = await shown_by(installation)
    check(installation, shown, connections.store.token, connections.mdm.token)


@pytest.mark.postgres
@pytest.mark.rabbitmq
async def test_processes_and_broker_show_nothing_personal(
    installation_of: Callable[..., Installation],
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitmqServer,
) -> None:
    with (
        postgres_server.fresh_database() as directory,
        postgres_server.fresh_database() as downstream,
        rabbitmq_server.fresh_topology(retry_delays=RETRY_DELAYS) as topology,
    ):
        installation = installation_of(
            ("api", "relay", "worker"),
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
    check(installation, shown, connections.store.token, connections.mdm.token)
