"""Do the migrations make the tables that the code expects?"""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from api.directory.database import DirectoryDatabase
from api.directory.tables import ApiTable
from api.schema import VERSION_TABLE, migrate, schema_is_current
from deploy.databases import open_engines


async def test_migrated_tables_are_those_of_the_code(database: DirectoryDatabase) -> None:
    def differences(connection: Connection) -> list[object]:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, ApiTable.metadata))

    async with database.read() as db:
        assert await db.run_sync(differences) == []


async def test_migrating_again_changes_nothing(database: DirectoryDatabase) -> None:
    assert await schema_is_current(database.reading)
    await migrate(database.writing)
    assert await schema_is_current(database.reading)


async def test_an_empty_database_is_outdated(database_url: str) -> None:
    reading, writing = open_engines(database_url)
    assert not await schema_is_current(reading)
    await reading.dispose()
    await writing.dispose()
