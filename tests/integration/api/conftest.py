"""What do these tests share? A directory on either database, and what is served in front of it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase


@pytest.fixture(scope="module")
async def lent_directory(
    shared_database_url: NewDatabase,
) -> AsyncIterator[Lent[DirectoryDatabase]]:
    """Give a directory that the tests of a module have one after another."""
    async with Lent(shared_database_url, [DIRECTORY], opened_directory) as lent:
        yield lent


@pytest.fixture
async def directory(lent_directory: Lent[DirectoryDatabase]) -> DirectoryDatabase:
    """Give the directory's database, migrated and empty."""
    return replace(await lent_directory.lend())


@pytest.fixture
def lent_url(directory: DirectoryDatabase) -> str:
    """Give the URL of that database, to open it once more."""
    return directory.writing.url.render_as_string(hide_password=False)


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
