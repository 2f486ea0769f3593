"""Does the directory keep every rule that scim2-server has for a storage? On both databases."""

import asyncio
from collections.abc import Iterator

import pytest
from scim2_models import ScimProvider
from scim2_server.storage import ScimStorage
from scim2_server.testing import AsyncScimStorageContract, BlockingStorage

from api.admin.connections import create_connection
from api.scim.operations.storage import DirectoryStorage
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from contracts.clock import now
from tests.drivers.in_process import RULES, opened_directory, transactions_on


class TestDirectoryStorage(AsyncScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return scim_provider(Limits())

    @pytest.fixture
    def storage(self, directory_url: str) -> Iterator[ScimStorage]:
        with asyncio.Runner() as runner:
            opened = opened_directory(directory_url)
            database = runner.run(opened.__aenter__())
            created = runner.run(create_connection(database, "acme", RULES, now()))
            storage = DirectoryStorage(transactions_on(database, created))
            yield BlockingStorage(storage, runner)
            runner.run(opened.__aexit__(None, None, None))
