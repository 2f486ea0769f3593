"""What do these tests share? The console with its administrators, in front of SQLite.

Pages stand on use cases that are tested on both databases. Tests of what a database decides have a
mark of ``tests/servers/both_databases.py``, and ``test_every_page`` looks at every page on both.
"""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi, admin_api_on
from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.full_workspace import FullWorkspace, new_full_workspace
from tests.drivers.whole_console import console_of
from tests.servers.both_databases import ON_SQLITE
from tests.servers.migrated import NewDatabase


@pytest.fixture(params=ON_SQLITE)
def new_database_url(new_database_url: NewDatabase) -> NewDatabase:
    """Give what makes files of SQLite, or databases of those that a mark names."""
    return new_database_url


@pytest.fixture(scope="module", params=ON_SQLITE)
def shared_database_url(shared_database_url: NewDatabase) -> NewDatabase:
    """Give the same for databases that the tests of a module share."""
    return shared_database_url


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


@pytest.fixture(scope="module")
async def full(shared_database_url: NewDatabase) -> AsyncIterator[FullWorkspace]:
    """Give Acme with one of everything, beside Other, for tests that change none of it."""
    async with new_full_workspace(shared_database_url) as full:
        yield full


@pytest.fixture(scope="module")
def app(full: FullWorkspace) -> FastAPI:
    """Give the console in front of what has one of everything."""
    return console_of(full.it)


@pytest.fixture
async def changing(new_database_url: NewDatabase) -> AsyncIterator[FullWorkspace]:
    """Give Acme with one of everything to a single test, which may change it."""
    async with new_full_workspace(new_database_url) as changing:
        yield changing


@pytest.fixture
async def looker(shared_api: AdminApi) -> Visitor:
    """Give the owner of an Acme that nobody changes, signed in."""
    return await signed_in(shared_api.app, shared_api.admins["owner"].token)
