"""What do these tests share? Directory and downstream, on either database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from contracts.rules import Rules
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Installation, installation_on, opened_on_both_sides
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase
from worker.dialects import DownstreamDatabase

SwitchOn = Callable[[Rules], Awaitable[Installation]]


@pytest.fixture(scope="module")
async def lent_sides(shared_database_url: NewDatabase) -> AsyncIterator[Lent[Databases]]:
    """Give a directory and a downstream that the tests of a module have one after another."""
    async with Lent(shared_database_url, [DIRECTORY, DOWNSTREAM], opened_on_both_sides) as lent:
        yield lent


@pytest.fixture
async def databases(lent_sides: Lent[Databases]) -> Databases:
    """Give a directory and a downstream, migrated and empty."""
    both = await lent_sides.lend()
    downstream = DownstreamDatabase(both.downstream.reading, both.downstream.writing)
    return Databases(both.directory, downstream)


@pytest.fixture
async def installation(databases: Databases) -> AsyncIterator[Installation]:
    """Give an Enterprise Store with SCIM switched on."""
    async with installation_on(databases) as installation:
        yield installation


@pytest.fixture
async def switched_on(databases: Databases) -> AsyncIterator[SwitchOn]:
    """Give what switches SCIM on for any portal."""
    async with AsyncExitStack() as installations:
        yield lambda rules: installations.enter_async_context(installation_on(databases, rules))
