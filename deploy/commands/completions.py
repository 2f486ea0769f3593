"""Which names complete what is typed? The shell asks for those of connections and workspaces.

A completion makes no database, says nothing where it fails, and gives up after a moment: it runs
while a person types.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.workspaces import list_workspaces
from deploy.administration import administration_of
from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings

PATIENCE_SECONDS = 3
"""Seconds that a person waits for a completion; a database that is there answers in hundredths."""


def connection_ids() -> list[str]:
    """Return the ids of all connections; none, where they cannot be read."""

    async def ask(it: Administration) -> Sequence[str]:
        return [each.id for each in await list_connections(it, COMMAND)]

    return _asked(ask)


def workspace_names() -> list[str]:
    """Return the names of all workspaces; none, where they cannot be read."""

    async def ask(it: Administration) -> Sequence[str]:
        return [each.workspace for each in await list_workspaces(it, COMMAND)]

    return _asked(ask)


def _asked(ask: Callable[[Administration], Awaitable[Sequence[str]]]) -> list[str]:
    async def run() -> list[str]:
        settings = read_settings()
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            open_databases(settings, makes=False) as databases,
        ):
            return list(await ask(administration_of(databases, settings)))

    # A text that is printed would be taken for a name, or would lie across the line that is typed.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()), suppress(Exception):
        return asyncio.run(run())
    return []
