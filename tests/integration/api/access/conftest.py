"""What do these tests share? The directory of a module; each has a workspace of its own in it."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.servers.migrated import NewDatabase


@pytest.fixture(scope="module")
async def directory(shared_database_url: NewDatabase) -> AsyncIterator[DirectoryDatabase]:
    """Give the directory's database, in which other tests may have left workspaces."""
    async with opened_directory(shared_database_url(DIRECTORY)) as directory:
        yield directory


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    """Give the numbers of the workspaces of a module."""
    return count(1)


@pytest.fixture
def workspace(numbers: Iterator[int]) -> str:
    """Give the name of a workspace of which the directory knows nothing."""
    return f"Acme {next(numbers)}"


@pytest.fixture
async def ingress(directory: DirectoryDatabase, workspace: str) -> AsyncIterator[Ingress]:
    """Give a connection over HTTP."""
    async with ingress_on(directory, workspace=workspace) as ingress:
        yield ingress
