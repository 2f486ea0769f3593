"""What does ``muster migrate`` do? It brings both databases to the schema of this version."""

import asyncio

import typer

from deploy.databases.migrations import migrate as migrate_databases
from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring both databases to the schema of this version.

    Example: muster migrate
    """

    async def work() -> None:
        async with open_databases(read_settings()) as databases:
            await migrate_databases(databases)

    asyncio.run(work())
