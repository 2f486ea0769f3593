"""Does the directory keep every rule that scim2-server has for a storage? On both databases."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from scim2_models import ScimProvider
from scim2_server.storage import ScimStorage
from scim2_server.testing import AsyncScimStorageContract, BlockingStorage

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from api.scim.operations.storage import DirectoryStorage
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from contracts.clock import now
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import RULES, opened_directory, transactions_on
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Give the loop in which the directory is open."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def lent_directory(
    runner: asyncio.Runner, shared_database_url: NewDatabase
) -> Iterator[Lent[DirectoryDatabase]]:
    """Give a directory that the rules are tried on one after another; each finds it empty."""
    lent = Lent(shared_database_url, [DIRECTORY], opened_directory)
    yield lent
    runner.run(lent.__aexit__(None, None, None))


class TestDirectoryStorage(AsyncScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return scim_provider(Limits())

    @pytest.fixture
    def storage(
        self, runner: asyncio.Runner, lent_directory: Lent[DirectoryDatabase]
    ) -> ScimStorage:
        database = replace(runner.run(lent_directory.lend()))
        created = runner.run(create_connection(database, "acme", RULES, now()))
        return BlockingStorage(DirectoryStorage(transactions_on(database, created)), runner)
