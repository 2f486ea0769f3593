"""What does ``muster migrate`` do? It brings both databases to the schema of this version."""

import asyncio

import typer

from deploy.commands.unattended import told_in_the_log
from deploy.databases.migrations import migrate as migrate_databases
from deploy.databases.open_databases import open_databases
from deploy.processes.life import Part
from deploy.settings import read_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring both databases to the schema of this version.

    Example: muster migrate
    """
    settings = read_settings()

    async def work() -> None:
        async with open_databases(settings) as databases:
            await migrate_databases(databases)

    with told_in_the_log(Part.MIGRATE, settings):
        asyncio.run(work())
