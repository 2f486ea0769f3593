"""Does a migration let everybody work? On PostgreSQL, while transactions of others are open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from deploy.databases.engines import open_engines, patient_engine
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from tests.drivers.forked_muster import fork_muster
from tests.servers.migrated import NewDatabase
from tests.servers.services import environment_with

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True),
]

HANGS_AFTER_SECONDS = 60
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ILIKE :query
"""
VALIDITY = "SELECT indisvalid, indexrelid FROM pg_index WHERE indexrelid = to_regclass(:name)"
INVALIDATE = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:name)"


@dataclass(frozen=True, slots=True)
class Built:
    """An index that a revision builds beside writers; ``column`` is any of the table's."""

    schema: Schema
    before: str
    revision: str
    table: str
    index: str
    column: str = "id"


BUILT = [
    Built(DIRECTORY, "0003", "0004", "identities", "deleted_identities"),
    Built(DIRECTORY, "0005", "0006", "identities", "dirty_marks"),
    Built(DIRECTORY, "0005", "0006", "identities", "waiting_marks"),
    Built(DIRECTORY, "0011", "0012", "identities", "held_identities"),
    Built(DIRECTORY, "0011", "0012", "identities", "admins_held"),
    Built(DIRECTORY, "0015", "0016", "audit_log", "audit_by_subject", "number"),
    Built(DIRECTORY, "0016", "0017", "users", "users_by_email"),
    Built(DOWNSTREAM, "0002", "0003", "devices", "live_devices_by_serial"),
    Built(DOWNSTREAM, "0002", "0003", "devices", "devices_of_workspace"),
    Built(DOWNSTREAM, "0004", "0005", "accounts", "accounts_of_workspace"),
    Built(
        *(DOWNSTREAM, "0005", "0006", "device_actions", "device_actions_by_device"),
        column="device_id",
    ),
    Built(
        *(DOWNSTREAM, "0006", "0007", "sync_records", "sync_records_by_connection"),
        column="identity",
    ),
]


@pytest.fixture
async def engine(new_database_url: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """Give an empty database."""
    async with _opened(new_database_url()) as engine:
        yield engine


@pytest.fixture
async def directory(new_database_url: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """Give a directory of this version."""
    async with _opened(new_database_url(DIRECTORY)) as engine:
        yield engine


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[AsyncEngine]:
    reading, writing = open_engines(url)
    yield writing
    await reading.dispose()
    await writing.dispose()


@asynccontextmanager
async def _written(engine: AsyncEngine, table: str) -> AsyncIterator[None]:
    """Let somebody write to a table and not come to an end."""
    async with engine.begin() as db:
        await db.exec_driver_sql(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        yield


async def _until_waiting(engine: AsyncEngine, query: str) -> None:
    async with engine.connect() as db:
        while not await db.scalar(text(WAITING), {"query": query}):
            await db.rollback()  # what is seen of others stays the same within a transaction
            await asyncio.sleep(0.01)


async def _index(db: AsyncConnection, built: Built) -> tuple[bool, int]:
    valid, oid = (await db.execute(text(VALIDITY), {"name": built.index})).one()
    return valid, oid


async def _claim(db: AsyncConnection, schema: Schema, revision: str) -> None:
    await db.exec_driver_sql(f"UPDATE {schema.version_table} SET version_num = '{revision}'")  # noqa: S608


@pytest.mark.parametrize(
    ("schema", "before", "table", "statement"),
    [
        (DIRECTORY, "0003", "identities", "CREATE INDEX CONCURRENTLY%"),
        (DIRECTORY, "0002", "users", "CREATE UNIQUE INDEX CONCURRENTLY%"),
        (DIRECTORY, "0008", "connections", "ALTER TABLE%"),
        (DIRECTORY, "0010", "identities", "ALTER TABLE%"),
        (DIRECTORY, "0011", "identities", "CREATE INDEX CONCURRENTLY held_identities%"),
        (DOWNSTREAM, "0001", "accounts", "ALTER TABLE%"),
        (DOWNSTREAM, "0002", "devices", "CREATE UNIQUE INDEX CONCURRENTLY%"),
        (DOWNSTREAM, "0007", "sync_records", "CREATE UNIQUE INDEX CONCURRENTLY new_sync_records%"),
    ],
    ids=[
        "an index that is new",
        "an index that is replaced",
        "columns with a default",
        "columns of those who are many",
        "an index of nobody",
        "columns",
        "an index of some rows",
        "an index in another order",
    ],
)
async def test_writers_get_through_while_a_migration_waits(
    engine: AsyncEngine, schema: Schema, before: str, table: str, statement: str
) -> None:
    await schema.migrate(engine, before)
    async with asyncio.timeout(HANGS_AFTER_SECONDS), _written(engine, table):
        migrating = asyncio.create_task(schema.migrate(engine))
        await _until_waiting(engine, statement)
        async with engine.begin() as db:
            await db.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
        assert not migrating.done()
    await migrating
    assert await schema.is_current(engine)


async def test_writers_get_through_while_keys_wait_for_another_order(engine: AsyncEngine) -> None:
    """Indexes are built beside a reader who stays, and who keeps them from being exchanged."""
    await DOWNSTREAM.migrate(engine, "0007")
    async with asyncio.timeout(HANGS_AFTER_SECONDS), engine.begin() as reader:
        await reader.exec_driver_sql("LOCK TABLE refusals IN ACCESS SHARE MODE")
        migrating = asyncio.create_task(DOWNSTREAM.migrate(engine))
        await _until_waiting(engine, "DO %")
        async with engine.begin() as db:
            await db.exec_driver_sql("DELETE FROM refusals")
        assert not migrating.done()
    await migrating
    assert await DOWNSTREAM.is_current(engine)


@pytest.mark.parametrize("built", BUILT, ids=lambda it: it.index)
async def test_what_an_interrupted_build_left_behind_is_built_anew_and_once(
    engine: AsyncEngine, built: Built
) -> None:
    await built.schema.migrate(engine, built.before)
    async with engine.begin() as db:
        await db.exec_driver_sql(f"CREATE INDEX {built.index} ON {built.table} ({built.column})")
        await db.execute(text(INVALIDATE), {"name": built.index})
        _, ruin = await _index(db, built)
    await built.schema.migrate(engine, built.revision)
    async with engine.begin() as db:
        finished = valid, oid = await _index(db, built)
        await _claim(db, built.schema, built.before)
    assert valid
    assert oid != ruin
    await built.schema.migrate(engine, built.revision)
    async with engine.connect() as db:
        assert await _index(db, built) == finished, "it was built again"


@pytest.mark.parametrize("claimed", [it for it in DIRECTORY.known() if it >= "0003"])
async def test_a_directory_that_claims_an_earlier_revision_comes_up_again(
    directory: AsyncEngine, claimed: str
) -> None:
    async with directory.begin() as db:
        await _claim(db, DIRECTORY, claimed)
    await DIRECTORY.migrate(directory)
    assert await DIRECTORY.is_current(directory)


async def test_several_processes_migrate_one_database_at_once(engine: AsyncEngine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    both = {"MUSTER_DIRECTORY_DATABASE_URL": url, "MUSTER_DOWNSTREAM_DATABASE_URL": url}
    processes = [fork_muster(["migrate"], environment_with(**both)) for _ in range(3)]
    assert [await process.wait() for process in processes] == [0, 0, 0]
    assert await DIRECTORY.is_current(engine)
    assert await DOWNSTREAM.is_current(engine)


async def test_no_time_out_of_a_database_cuts_what_operators_run(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as db:
        await db.exec_driver_sql(
            f"ALTER DATABASE {engine.url.database} SET statement_timeout = '50ms'"
        )
    async with patient_engine(engine) as patient, patient.connect() as db:
        await db.exec_driver_sql("SELECT pg_sleep(0.2)")
