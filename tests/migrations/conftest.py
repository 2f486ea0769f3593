"""On which order of texts do tests of migrations run? On that of a dictionary, as people's do."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.servers.migrated import PostgresTemplates
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(postgres_server: PostgresServer) -> PostgresServer:
    """Give the server of this run, whose databases have the order of a dictionary here."""
    return replace(postgres_server, linguistic=True)


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: PostgresServer) -> Iterator[PostgresTemplates]:
    """Give templates of these tests alone, which others would get as well."""
    with ExitStack() as kept:
        yield PostgresTemplates(postgres_server, kept)
