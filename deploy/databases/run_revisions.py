"""How are revisions run? Alembic runs those that a database lacks, up to the one that is wanted."""

from functools import cache, partial

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, MigrationStep, RevisionStep
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from deploy.databases.engines import patient_engine
from deploy.databases.migration_locks import LOCK_TIMEOUT, attempts_while_locked, wait_for_turn
from deploy.databases.revisions import Revisions


async def run_on_sqlite(revisions: Revisions, engine: AsyncEngine, wanted: str) -> None:
    """Run revisions on SQLite, all of them in one transaction.

    :raises NewerSchema: when the database is at a revision that this version does not know.
    """
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, revisions, wanted)


async def run_on_postgres(
    revisions: Revisions, engine: AsyncEngine, wanted: str, lock: int
) -> None:
    """Run revisions on PostgreSQL, each in a transaction of its own.

    A revision that is marked ``outside_transaction`` has none, and runs beside writers.

    :param lock: the number of the advisory lock for which processes that migrate wait in turn.
    :raises NewerSchema: when the database is at a revision that this version does not know.
    :raises SchemaLocked: when other transactions keep a table that a revision changes.
    """
    async with patient_engine(engine) as patient, patient.connect() as connection:
        await wait_for_turn(connection, lock)
        for step in await _missing(revisions, connection, wanted):
            await attempts_while_locked()(_step, revisions, connection, step)


async def _missing(revisions: Revisions, connection: AsyncConnection, wanted: str) -> list[Script]:
    """Return the revisions that a database lacks, up to the wanted one, the oldest first."""
    async with connection.begin():
        applied = await connection.run_sync(revisions.applied)
    scripts = scripts_of(revisions)
    return [*scripts.iterate_revisions(wanted, tuple(applied) or "base")][::-1]


async def _step(revisions: Revisions, connection: AsyncConnection, step: Script) -> None:
    beside_writers = getattr(step.module, "outside_transaction", False)
    level = "AUTOCOMMIT" if beside_writers else "READ COMMITTED"
    await connection.execution_options(isolation_level=level)
    async with connection.begin():
        if not beside_writers:
            await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.run_sync(_upgrade, revisions, step.revision)


def _upgrade(connection: Connection, revisions: Revisions, wanted: str) -> None:
    revisions.applied(connection)  # refuses a newer schema
    upgrade(connection, revisions, wanted)


def upgrade(connection: Connection, revisions: Revisions, wanted: str) -> None:
    """Do what ``alembic upgrade`` does, with revisions that are loaded once."""
    scripts = scripts_of(revisions)
    config = _config(revisions)
    config.attributes["connection"] = connection
    with EnvironmentContext(config, scripts, fn=partial(_steps_to, scripts, wanted)):
        scripts.run_env()


def _steps_to(
    scripts: ScriptDirectory, wanted: str, applied: tuple[str, ...], _context: MigrationContext
) -> list[RevisionStep]:
    lacking = scripts.iterate_revisions(wanted, applied, implicit_base=True)
    upgrade_from = partial(MigrationStep.upgrade_from_script, scripts.revision_map)
    return [upgrade_from(script) for script in lacking][::-1]


@cache
def scripts_of(revisions: Revisions) -> ScriptDirectory:
    """Return the revisions of a side as Alembic sees them, which loads a module for each of them.

    The revisions of a process never change, and PostgreSQL has a transaction for each one of them:
    a directory would load all of its modules as often as it has revisions.
    """
    return ScriptDirectory.from_config(_config(revisions))


def _config(revisions: Revisions) -> Config:
    config = Config()
    config.set_main_option("script_location", str(revisions.folder).replace("%", "%%"))
    config.attributes["version_table"] = revisions.version_table
    return config
