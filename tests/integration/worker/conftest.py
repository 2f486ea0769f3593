"""What do these tests share? A downstream on either database, migrated and empty."""

from collections.abc import AsyncIterator

import pytest

from deploy.databases.engines import open_engines
from tests.drivers.platform import Platform
from worker.dialects import DownstreamDatabase


@pytest.fixture
async def downstream(downstream_url: str) -> AsyncIterator[DownstreamDatabase]:
    """Give the worker's database."""
    reading, writing = open_engines(downstream_url)
    yield DownstreamDatabase(reading, writing)
    await reading.dispose()
    await writing.dispose()


@pytest.fixture
def platform(downstream: DownstreamDatabase) -> Platform:
    """Give the downstream platform."""
    return Platform(downstream)
