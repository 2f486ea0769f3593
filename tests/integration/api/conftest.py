"""What do these tests share? A directory on either database, and what is served in front of it."""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.servers.migrated import NewDatabase


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


@pytest.fixture(scope="module")
async def shared_api(shared_database_url: NewDatabase) -> AsyncIterator[AdminApi]:
    """Give the admin API and the console to those tests of a module that change nothing there."""
    async with (
        opened_directory(shared_database_url(DIRECTORY)) as directory,
        admin_api_on(directory) as served,
    ):
        yield served
