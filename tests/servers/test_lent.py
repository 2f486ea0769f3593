"""Does each test find lent databases as if they were new, whatever the one before it has done?"""

import pytest
from sqlalchemy import text

from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import opened_directory
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase
from tests.servers.postgres import connected

A_ROW = text("INSERT INTO schedules (name, due_at) VALUES ('sweep', 1)")
ROWS = text("SELECT count(*) FROM schedules")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)

on_postgres = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)


async def rows_of(directory: DirectoryDatabase) -> int:
    async with directory.read() as db:
        return int((await db.execute(ROWS)).scalar_one())


async def test_rows_of_the_test_before_are_gone(new_database_url: NewDatabase) -> None:
    async with Lent(new_database_url, [DIRECTORY], opened_directory) as lent:
        for _test in range(2):
            directory = await lent.lend()
            assert await rows_of(directory) == 0
            async with directory.write() as db:
                await db.execute(A_ROW)
            assert await rows_of(directory) == 1


@on_postgres
async def test_sessions_on_postgres_stay_open(new_database_url: NewDatabase) -> None:
    async with Lent(new_database_url, [DIRECTORY], opened_directory) as lent:
        sessions = set()
        for _test in range(2):
            async with (await lent.lend()).read() as db:
                sessions.add((await db.execute(text("SELECT pg_backend_pid()"))).scalar_one())
    assert len(sessions) == 1


@on_postgres
async def test_another_schema_is_not_lent_again(new_database_url: NewDatabase) -> None:
    async with Lent(new_database_url, [DIRECTORY], opened_directory) as lent:
        changed = await lent.lend()
        async with changed.write() as db:
            await db.execute(text("ALTER TABLE schedules RENAME TO hidden"))
        directory = await lent.lend()
        assert directory is not changed
        assert await rows_of(directory) == 0


@on_postgres
async def test_what_a_forgotten_transaction_holds_is_not_lent_again(
    new_database_url: NewDatabase,
) -> None:
    async with Lent(new_database_url, [DIRECTORY], opened_directory) as lent:
        used = await lent.lend()
        async with connected(used.writing.url.render_as_string(hide_password=False)) as forgotten:
            await forgotten.execute(f"BEGIN; {A_ROW}")
            directory = await lent.lend()
            assert directory is not used
            assert await rows_of(directory) == 0


@on_postgres
async def test_databases_whose_sessions_were_ended_are_opened_anew(
    new_database_url: NewDatabase,
) -> None:
    async with Lent(new_database_url, [DIRECTORY], opened_directory) as lent:
        used = await lent.lend()
        async with used.write() as db:
            await db.execute(END_OTHERS)
        directory = await lent.lend()
        assert directory is not used
        assert await rows_of(directory) == 0
