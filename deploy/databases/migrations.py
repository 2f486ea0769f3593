"""Do the databases fit this version? Migrations make them fit; other databases are refused."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import api.migrations
import worker.migrations
from deploy.databases.engines import patient_engine
from deploy.databases.migration_locks import LOCK_TIMEOUT, attempts_while_locked, wait_for_turn
from deploy.databases.open_databases import Databases


class OutdatedSchema(Exception):
    """A database has an older schema than this version needs."""

    def __init__(self) -> None:
        super().__init__("the databases are not at the schema of this version: run muster migrate")


class NewerSchema(Exception):
    """A database was migrated by a version that this one does not know."""

    def __init__(self) -> None:
        super().__init__("a database has a newer schema than this version of Muster knows")


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one side: its revisions, and the table that records the applied one.

    Each side has a table of its own, because both may live in one database. ``lock`` is the number
    of the advisory lock with which processes that migrate at once wait for each other.
    """

    folder: Path
    version_table: str
    lock: int

    async def migrate(self, engine: AsyncEngine, revision: str = "head") -> None:
        """Bring a database to this version, or to a revision; do nothing if it is there already.

        On SQLite all revisions are one transaction. On PostgreSQL each revision is a transaction of
        its own, unless it is marked ``outside_transaction``: then it runs beside writers.

        :raises NewerSchema: when the database is at a revision that this version does not know.
        :raises SchemaLocked: when other transactions keep a table that a revision changes.
        """
        if engine.dialect.name == "sqlite":
            async with engine.begin() as connection:
                await connection.run_sync(self._upgrade, revision)
            return
        async with patient_engine(engine) as patient, patient.connect() as connection:
            await wait_for_turn(connection, self.lock)
            for step in await self._missing_revisions(connection, revision):
                await attempts_while_locked()(self._step, connection, step)

    async def is_current(self, engine: AsyncEngine) -> bool:
        """Return whether a database is at this version. False means an older one.

        :raises NewerSchema: when the database is at a revision that this version does not know.
        """
        async with engine.connect() as connection:
            applied = await connection.run_sync(self._applied_revisions)
        return applied == set(ScriptDirectory.from_config(self._config()).get_heads())

    async def ensure_current(self, reading: AsyncEngine, writing: AsyncEngine) -> None:
        """Check a schema without waiting for a writer. An empty SQLite file is migrated.

        :raises OutdatedSchema: when ``muster migrate`` has to come first.
        :raises NewerSchema: when the database is at a revision that this version does not know.
        """
        if await self.is_current(reading):
            return
        if not await _is_empty_sqlite(reading):
            raise OutdatedSchema
        await self.migrate(writing)

    async def _missing_revisions(self, connection: AsyncConnection, revision: str) -> list[Script]:
        """Return the revisions that a database lacks, up to this one, the oldest first."""
        async with connection.begin():
            applied = await connection.run_sync(self._applied_revisions)
        scripts = ScriptDirectory.from_config(self._config())
        return [*scripts.iterate_revisions(revision, tuple(applied) or "base")][::-1]

    async def _step(self, connection: AsyncConnection, step: Script) -> None:
        beside_writers = getattr(step.module, "outside_transaction", False)
        level = "AUTOCOMMIT" if beside_writers else "READ COMMITTED"
        await connection.execution_options(isolation_level=level)
        async with connection.begin():
            if not beside_writers:
                await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.run_sync(self._upgrade, step.revision)

    def _upgrade(self, connection: Connection, revision: str) -> None:
        self._applied_revisions(connection)  # refuses a newer schema
        config = self._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    def _applied_revisions(self, connection: Connection) -> set[str]:
        context = MigrationContext.configure(connection, opts={"version_table": self.version_table})
        applied = set(context.get_current_heads())
        revisions = ScriptDirectory.from_config(self._config()).walk_revisions()
        if not applied <= {revision.revision for revision in revisions}:
            raise NewerSchema
        return applied

    def _config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.attributes["version_table"] = self.version_table
        return config


DIRECTORY = Schema(Path(*api.migrations.__path__), "directory_migrations", 0x6D757374_61)
DOWNSTREAM = Schema(Path(*worker.migrations.__path__), "downstream_migrations", 0x6D757374_77)


async def migrate(databases: Databases) -> None:
    """Bring both databases to the schema of this version."""
    await DIRECTORY.migrate(databases.directory.writing)
    await DOWNSTREAM.migrate(databases.downstream.writing)


async def ensure_current(databases: Databases) -> None:
    """Check both schemas.

    :raises OutdatedSchema: when ``muster migrate`` has to come first.
    """
    directory, downstream = databases.directory, databases.downstream
    await DIRECTORY.ensure_current(directory.reading, directory.writing)
    await DOWNSTREAM.ensure_current(downstream.reading, downstream.writing)


async def _is_empty_sqlite(engine: AsyncEngine) -> bool:
    if engine.dialect.name != "sqlite":
        return False
    async with engine.connect() as db:
        return not await db.run_sync(lambda sync: inspect(sync).get_table_names())
