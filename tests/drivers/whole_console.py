"""How do tests look at what the worker has done? By the console in front of both sides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.administration import administration_of
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.both_sides import opened_on_both_sides
from tests.servers.migrated import NewDatabase


@dataclass(frozen=True, slots=True)
class WholeConsole:
    """The console with the workspaces Acme and Other, and the databases behind it."""

    api: AdminApi
    databases: Databases


@asynccontextmanager
async def whole_console(new_database_url: NewDatabase) -> AsyncIterator[WholeConsole]:
    """Serve the console in front of a directory and a downstream."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as databases:
        it = administration_of(databases, Settings())
        async with admin_api_on(databases.directory, served=it) as api:
            yield WholeConsole(api, databases)
