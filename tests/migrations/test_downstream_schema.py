"""Do the worker's migrations make what its tables say? On both databases, the api's beside them."""

from collections.abc import AsyncIterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.databases import open_engines
from worker.schema import migrate, schema_is_current
from worker.tables import WorkerTable


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Give an empty database."""
    reading, writing = open_engines(database_url)
    yield writing
    await reading.dispose()
    await writing.dispose()


def _differences(connection: Connection) -> list[object]:
    ours = WorkerTable.metadata.tables
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _parents: kind != "table" or name in ours,
        },
    )
    return list(compare_metadata(context, WorkerTable.metadata))


async def test_a_migrated_schema_is_what_the_tables_say(engine: AsyncEngine) -> None:
    await migrate(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_schema_is_current_once_it_is_migrated(engine: AsyncEngine) -> None:
    assert not await schema_is_current(engine)
    await migrate(engine)
    assert await schema_is_current(engine)


async def test_migrating_again_changes_nothing(engine: AsyncEngine) -> None:
    await migrate(engine)
    await migrate(engine)
    assert await schema_is_current(engine)
