"""Is the directory's schema the one of this version, and how does it become so?"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

VERSION_TABLE = "directory_migrations"
"""Named, because downstream's schema may live in the same database with one of its own."""

MIGRATION_LOCK = 0x64697265_63
"""Under which several processes that migrate at once wait for each other; any number does."""


async def migrate(engine: AsyncEngine) -> None:
    """Bring the schema to this version, in one transaction; nothing happens where it is."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def schema_is_current(engine: AsyncEngine) -> bool:
    """Say whether the schema is the one of this version, no older and no newer."""
    async with engine.connect() as connection:
        return await connection.run_sync(_applied) == set(_scripts().get_heads())


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _applied(connection: Connection) -> set[str]:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return set(context.get_current_heads())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
