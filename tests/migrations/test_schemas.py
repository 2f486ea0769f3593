"""Do the migrations make what the tables say? On both databases, both schemas in one of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.ext.asyncio import AsyncEngine

import api.directory.administration_tables
import api.directory.tables
import worker.platforms.sql.tables
import worker.schema
import worker.sync.tables
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from tests.migrations.history import revisions_of
from tests.servers.migrated import NewDatabase

SIDES = [
    (DIRECTORY, api.directory.tables.ApiTable.metadata),
    (DOWNSTREAM, worker.schema.WorkerTable.metadata),
]


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[AsyncEngine]:
    reading, writing = open_engines(url)
    yield writing
    await reading.dispose()
    await writing.dispose()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Give an empty database."""
    async with _opened(database_url) as engine:
        yield engine


@pytest.fixture(scope="module")
async def both_sides(shared_database_url: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """Give a database with the tables of both sides."""
    async with _opened(shared_database_url()) as engine:
        for schema, _ in SIDES:
            await schema.migrate(engine)
        yield engine


OF_EXPRESSIONS = {"users_by_email", "users_by_display_name", "users_by_family_name"}
"""Indexes that tables cannot tell: the tests of ``api.directory.people_by_name`` see them used."""


def _differences(connection: Connection, tables: MetaData) -> list[object]:
    """Compare the database with the tables of one side, leaving the other side's out."""

    def is_compared(name: str | None, kind: str, _parents: object) -> bool:
        return name in tables.tables if kind == "table" else name not in OF_EXPRESSIONS

    options = {"compare_server_default": True, "include_name": is_compared}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), tables)
    return [*found, *_of_another_order(connection, tables)]


def _of_another_order(connection: Connection, tables: MetaData) -> list[object]:
    """Return the columns whose collation is not that of the tables, which Alembic does not see."""
    there = inspect(connection)
    return [
        (table.name, column["name"], collation)
        for table in tables.sorted_tables
        for column in there.get_columns(table.name)
        if (collation := getattr(column["type"], "collation", None))
        != getattr(
            table.columns[column["name"]].type.dialect_impl(connection.dialect), "collation", None
        )
    ]


@pytest.mark.parametrize("schema", [DIRECTORY, DOWNSTREAM], ids=["directory", "downstream"])
def test_the_names_of_files_tell_the_revisions_that_alembic_finds_in_them(schema: Schema) -> None:
    assert schema.known() == revisions_of(schema)


@pytest.mark.parametrize("schema", [DIRECTORY, DOWNSTREAM], ids=["directory", "downstream"])
async def test_the_applied_revision_is_the_one_that_alembic_reads(
    engine: AsyncEngine, schema: Schema
) -> None:
    def read_by_alembic(connection: Connection) -> set[str]:
        options = {"version_table": schema.version_table}
        return {*MigrationContext.configure(connection, opts=options).get_current_heads()}

    for revision in (None, *schema.known()):
        if revision is not None:
            await schema.migrate(engine, revision)
        async with engine.connect() as db:
            applied = await db.run_sync(schema.applied)
            assert applied == await db.run_sync(read_by_alembic)
            assert applied == ({revision} if revision else set())


async def test_both_sides_may_live_in_one_database(both_sides: AsyncEngine) -> None:
    async with both_sides.connect() as db:
        for _, tables in SIDES:
            assert await db.run_sync(_differences, tables) == []


@pytest.mark.parametrize(("schema", "tables"), SIDES, ids=["directory", "downstream"])
async def test_migrated_tables_are_those_of_the_code(
    engine: AsyncEngine, schema: Schema, tables: MetaData
) -> None:
    assert not await schema.is_current(engine)
    await schema.migrate(engine)
    assert await schema.is_current(engine)
    async with engine.connect() as db:
        assert await db.run_sync(_differences, tables) == []


async def test_every_migrated_table_is_one_of_the_code(both_sides: AsyncEngine) -> None:
    known = {name for schema, tables in SIDES for name in (*tables.tables, schema.version_table)}
    async with both_sides.connect() as db:
        assert await db.run_sync(lambda it: set(inspect(it).get_table_names())) == known


@pytest.mark.parametrize("schema", [DIRECTORY, DOWNSTREAM], ids=["directory", "downstream"])
async def test_migrating_again_changes_nothing(both_sides: AsyncEngine, schema: Schema) -> None:
    await schema.migrate(both_sides)
    assert await schema.is_current(both_sides)
