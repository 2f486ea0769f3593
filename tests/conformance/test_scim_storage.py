"""Does the directory keep every rule that scim2-server has for a storage? On both databases."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from contextvars import copy_context
from itertools import count
from typing import Any, TypeVar

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
from tests.servers.migrated import NewDatabase

T = TypeVar("T")


class StorageInLoop(BlockingStorage):
    """Runs coroutines in a loop that nothing interrupts.

    A runner watches for Ctrl-C, which costs a seventh of what these tests take.
    """

    def __init__(self, storage: DirectoryStorage, runner: asyncio.Runner) -> None:
        super().__init__(storage, runner)
        self.context = copy_context()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        loop = self.runner.get_loop()
        return loop.run_until_complete(loop.create_task(coroutine, context=self.context))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Give the loop in which the directory is open."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def directory(
    runner: asyncio.Runner, shared_database_url: NewDatabase
) -> Iterator[DirectoryDatabase]:
    """Give a directory in which each rule is tried on a connection of its own."""
    opened = AsyncExitStack()
    entered = opened.enter_async_context(opened_directory(shared_database_url(DIRECTORY)))
    yield runner.run(entered)
    runner.run(opened.aclose())


WORKSPACES = (f"Acme {number}" for number in count(1))


class TestDirectoryStorage(AsyncScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return scim_provider(Limits())

    @pytest.fixture
    def storage(self, runner: asyncio.Runner, directory: DirectoryDatabase) -> ScimStorage:
        created = runner.run(create_connection(directory, next(WORKSPACES), RULES, now()))
        return StorageInLoop(DirectoryStorage(transactions_on(directory, created)), runner)
