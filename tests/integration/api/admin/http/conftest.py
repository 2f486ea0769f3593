"""What do these tests share? The admin API with its administrators, on SQLite.

Routes stand on use cases that are tested on both databases. Tests of what a database decides have a
mark of ``tests/servers/both_databases.py``, and ``test_every_route`` tries every route on both.
"""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.servers.both_databases import ON_SQLITE
from tests.servers.migrated import NewDatabase


@pytest.fixture(scope="module", params=ON_SQLITE)
def shared_database_url(shared_database_url: NewDatabase) -> NewDatabase:
    """Give what makes files of SQLite, or databases of those that a mark names."""
    return shared_database_url


@pytest.fixture
async def admin_api(directory: DirectoryDatabase) -> AsyncIterator[AdminApi]:
    """Give the admin API."""
    async with admin_api_on(directory) as served:
        yield served
