"""What do these tests share? A downstream on either database, open for all tests of a module."""

from collections.abc import AsyncIterator

import pytest

from deploy.databases.migrations import DOWNSTREAM
from tests.drivers.platform import opened_downstream
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase
from worker.dialects import DownstreamDatabase


@pytest.fixture(scope="module")
async def lent_downstream(
    shared_database_url: NewDatabase,
) -> AsyncIterator[Lent[DownstreamDatabase]]:
    """Give a worker's database that the tests of a module have one after another."""
    async with Lent(shared_database_url, [DOWNSTREAM], opened_downstream) as lent:
        yield lent
