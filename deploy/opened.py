"""What does a process hold open? Both databases, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.directory.database import DirectoryDatabase
from deploy.databases import open_engines
from deploy.settings import Settings
from worker.database import DownstreamDatabase


@dataclass(frozen=True, slots=True)
class Databases:
    """The directory and downstream, one or two databases."""

    directory: DirectoryDatabase
    downstream: DownstreamDatabase


@asynccontextmanager
async def open_databases(settings: Settings) -> AsyncIterator[Databases]:
    """Open the configured databases. Nothing is connected before the first statement."""
    databases = Databases(
        DirectoryDatabase(*open_engines(settings.directory_database_url)),
        DownstreamDatabase(*open_engines(settings.downstream_database_url)),
    )
    try:
        yield databases
    finally:
        for database in (databases.directory, databases.downstream):
            await database.reading.dispose()
            await database.writing.dispose()
