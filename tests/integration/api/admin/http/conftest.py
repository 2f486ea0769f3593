"""What do these tests share? The admin API on either database, with its administrators."""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.in_process import opened_directory
from tests.servers.migrated import NewDatabase


@pytest.fixture
async def admin_api(directory: DirectoryDatabase) -> AsyncIterator[AdminApi]:
    """Give the admin API."""
    async with admin_api_on(directory) as served:
        yield served


@pytest.fixture(scope="module")
async def shared_api(shared_database_url: NewDatabase) -> AsyncIterator[AdminApi]:
    """Give the admin API to those tests of a module that change nothing there."""
    async with (
        opened_directory(shared_database_url(DIRECTORY)) as directory,
        admin_api_on(directory) as served,
    ):
        yield served
