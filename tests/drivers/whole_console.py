"""How do tests look at what the worker has done? By the console in front of both sides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from api.admin.administration import Administration
from api.admin_app import create_admin_app
from deploy.administration import administration_of
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi, admin_api_on
from tests.drivers.both_sides import opened_on_both_sides
from tests.drivers.examinations import one_finding
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


def console_of(it: Administration) -> FastAPI:
    """Return the console in front of an installation, with the admin API beside it."""
    return create_admin_app(it, examination=one_finding, operator_token=OPERATOR_TOKEN)
