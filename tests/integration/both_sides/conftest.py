"""What do these tests share? Directory and downstream, on either database."""

from collections.abc import AsyncIterator, Callable

import pytest

from deploy.databases import open_engines
from deploy.migrations import DOWNSTREAM
from deploy.opened import Databases
from tests.ingress import migrated_directory
from tests.installation import Installation, installation_on
from worker.database import DownstreamDatabase


@pytest.fixture
async def databases(new_database_url: Callable[[], str]) -> AsyncIterator[Databases]:
    """Give both databases, migrated and empty."""
    reading, writing = open_engines(new_database_url())
    await DOWNSTREAM.migrate(writing)
    async with migrated_directory(new_database_url()) as directory:
        yield Databases(directory, DownstreamDatabase(reading, writing))
    await reading.dispose()
    await writing.dispose()


@pytest.fixture
async def installation(databases: Databases) -> AsyncIterator[Installation]:
    """Give an Enterprise Store with SCIM switched on."""
    async with installation_on(databases) as installation:
        yield installation
