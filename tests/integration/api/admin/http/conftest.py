"""What do these tests share? The admin API on either database, with its administrators."""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import AdminApi, admin_api_on


@pytest.fixture
async def admin_api(directory: DirectoryDatabase) -> AsyncIterator[AdminApi]:
    """Give the admin API."""
    async with admin_api_on(directory) as served:
        yield served
