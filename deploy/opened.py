"""What does a process hold open? Both databases, closed at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory.database import DirectoryDatabase
from deploy.databases import open_engines
from deploy.settings import Settings
from worker.database import DownstreamDatabase


@dataclass(frozen=True, slots=True)
class Databases:
    """The directory and downstream, one or two databases."""

    directory: DirectoryDatabase
    downstream: DownstreamDatabase


class UnusableDatabase(Exception):
    """A database cannot be opened. The text names the setting, never its value."""

    def __init__(self, setting: str, error: BaseException) -> None:
        cause = getattr(error, "orig", None) or error
        super().__init__(
            f"the database of MUSTER_{setting.upper()} cannot be used: {type(cause).__name__}"
        )


@asynccontextmanager
async def open_databases(settings: Settings) -> AsyncIterator[Databases]:
    """Open the configured databases.

    :raises UnusableDatabase: when one of them cannot be reached, naming its setting.
    """
    databases = Databases(
        DirectoryDatabase(*_engines("directory_database_url", settings)),
        DownstreamDatabase(*_engines("downstream_database_url", settings)),
    )
    try:
        await _reach("directory_database_url", databases.directory.reading)
        await _reach("downstream_database_url", databases.downstream.reading)
        yield databases
    finally:
        for database in (databases.directory, databases.downstream):
            await database.reading.dispose()
            await database.writing.dispose()


def _engines(setting: str, settings: Settings) -> tuple[AsyncEngine, AsyncEngine]:
    try:
        return open_engines(getattr(settings, setting))
    except OSError as error:
        raise UnusableDatabase(setting, error) from None


async def _reach(setting: str, engine: AsyncEngine) -> None:
    try:
        async with engine.connect():
            return
    except (OSError, SQLAlchemyError, PostgresError, InterfaceError) as error:
        raise UnusableDatabase(setting, error) from None
