"""On which order of texts do tests of migrations run? On that of a dictionary, as people's do."""

from dataclasses import replace

import pytest

from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(postgres_server: PostgresServer) -> PostgresServer:
    """Give the server of this run, whose databases have the order of a dictionary here."""
    return replace(postgres_server, linguistic=True)
