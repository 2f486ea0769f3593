"""Do the databases fit this version? Migrations make them fit; other databases are refused."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

import api.migrations
import worker.migrations
from deploy.databases.open_databases import Databases
from deploy.databases.revisions import Revisions
from deploy.errors import DeployError


class OutdatedSchema(DeployError):
    """A database has an older schema than this version needs."""

    def __init__(self) -> None:
        super().__init__("the databases are not at the schema of this version: run muster migrate")


@dataclass(frozen=True, slots=True)
class Schema(Revisions):
    """The schema of one side, which is what its revisions make.

    ``lock`` is the number of the advisory lock with which processes that migrate at once wait for
    each other.
    """

    lock: int

    async def migrate(self, engine: AsyncEngine, revision: str = "head") -> None:
        """Bring a database to this version, or to a revision; do nothing if it is there already.

        :raises NewerSchema: when the database is at a revision that this version does not know.
        :raises SchemaLocked: when other transactions keep a table that a revision changes.
        """
        # Alembic is loaded for a migration only, since most commands find a schema that fits.
        from deploy.databases.run_revisions import (  # noqa: PLC0415
            run_on_postgres,
            run_on_sqlite,
        )

        if engine.dialect.name == "sqlite":
            await run_on_sqlite(self, engine, revision)
        else:
            await run_on_postgres(self, engine, revision, self.lock)

    async def is_current(self, engine: AsyncEngine) -> bool:
        """Return whether a database is at this version. False means an older one.

        :raises NewerSchema: when the database is at a revision that this version does not know.
        """
        async with engine.connect() as connection:
            applied = await connection.run_sync(self.applied)
        return applied == {self.known()[-1]}

    async def ensure_current(
        self, reading: AsyncEngine, writing: AsyncEngine, *, makes: bool = True
    ) -> None:
        """Check a schema without waiting for a writer.

        :param makes: whether an empty SQLite file is migrated.
        :raises OutdatedSchema: when ``muster migrate`` has to come first.
        :raises NewerSchema: when the database is at a revision that this version does not know.
        """
        if await self.is_current(reading):
            return
        if not makes or not await _is_empty_sqlite(reading):
            raise OutdatedSchema
        await self.migrate(writing)


DIRECTORY = Schema(Path(*api.migrations.__path__), "directory_migrations", 0x6D757374_61)
DOWNSTREAM = Schema(Path(*worker.migrations.__path__), "downstream_migrations", 0x6D757374_77)


async def migrate(databases: Databases) -> None:
    """Bring both databases to the schema of this version."""
    await DIRECTORY.migrate(databases.directory.writing)
    await DOWNSTREAM.migrate(databases.downstream.writing)


async def ensure_current(databases: Databases, *, makes: bool = True) -> None:
    """Check both schemas.

    :param makes: whether empty SQLite files are migrated.
    :raises OutdatedSchema: when ``muster migrate`` has to come first.
    """
    directory, downstream = databases.directory, databases.downstream
    await DIRECTORY.ensure_current(directory.reading, directory.writing, makes=makes)
    await DOWNSTREAM.ensure_current(downstream.reading, downstream.writing, makes=makes)


async def _is_empty_sqlite(engine: AsyncEngine) -> bool:
    if engine.dialect.name != "sqlite":
        return False
    async with engine.connect() as db:
        return not await db.run_sync(lambda sync: inspect(sync).get_table_names())
