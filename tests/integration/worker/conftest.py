"""What do these tests share? A downstream on either database, migrated and empty."""

from collections.abc import AsyncIterator

import pytest

from deploy.databases.migrations import DOWNSTREAM
from tests.drivers.platform import Platform, opened_downstream
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase
from worker.dialects import DownstreamDatabase


@pytest.fixture
async def downstream(downstream_url: str) -> AsyncIterator[DownstreamDatabase]:
    """Give a worker's database whose sessions are all of this test."""
    async with opened_downstream(downstream_url) as downstream:
        yield downstream


@pytest.fixture(scope="module")
async def lent_downstream(
    shared_database_url: NewDatabase,
) -> AsyncIterator[Lent[DownstreamDatabase]]:
    """Give a worker's database that the tests of a module have one after another."""
    async with Lent(shared_database_url, [DOWNSTREAM], opened_downstream) as lent:
        yield lent


@pytest.fixture
async def platform(lent_downstream: Lent[DownstreamDatabase]) -> Platform:
    """Give the downstream platform."""
    it = await lent_downstream.lend()
    return Platform(DownstreamDatabase(it.reading, it.writing))


@pytest.fixture
def platform_url(platform: Platform) -> str:
    """Give the URL of its database."""
    return platform.database.writing.url.render_as_string(hide_password=False)


@pytest.fixture
async def other(platform_url: str) -> AsyncIterator[Platform]:
    """Give the same platform in the hands of another process, with connections of its own."""
    async with opened_downstream(platform_url) as downstream:
        yield Platform(downstream)
