"""What do these tests share? The console on either database, with its administrators."""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi, admin_api_on
from tests.drivers.browsers import Visitor, signed_in


@pytest.fixture
async def admin_api(directory: DirectoryDatabase) -> AsyncIterator[AdminApi]:
    """Give the console, with the admin API beside it."""
    async with admin_api_on(directory) as served:
        yield served


@pytest.fixture
async def owner(admin_api: AdminApi) -> Visitor:
    """Give the owner of Acme, signed in."""
    return await signed_in(admin_api.app, admin_api.admins["owner"].token)


@pytest.fixture
async def viewer(admin_api: AdminApi) -> Visitor:
    """Give somebody who may look at Acme, signed in."""
    return await signed_in(admin_api.app, admin_api.admins["viewer"].token)


@pytest.fixture
async def stranger(admin_api: AdminApi) -> Visitor:
    """Give the owner of Other, signed in."""
    return await signed_in(admin_api.app, admin_api.admins["stranger"].token)


@pytest.fixture
async def operator(admin_api: AdminApi) -> Visitor:
    """Give the operator, signed in."""
    return await signed_in(admin_api.app, OPERATOR_TOKEN)
