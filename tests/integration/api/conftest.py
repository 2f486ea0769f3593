"""What do these tests share? A directory on either database, and a connection to it."""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.in_process import Ingress, ingress_on, opened_directory


@pytest.fixture
async def directory(directory_url: str) -> AsyncIterator[DirectoryDatabase]:
    """Give the directory's database."""
    async with opened_directory(directory_url) as directory:
        yield directory


@pytest.fixture
async def ingress(directory: DirectoryDatabase) -> AsyncIterator[Ingress]:
    """Give a connection over HTTP."""
    async with ingress_on(directory) as ingress:
        yield ingress
