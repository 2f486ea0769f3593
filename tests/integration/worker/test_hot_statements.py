"""Do errors of the driver's own statements mean to a worker what those of SQLAlchemy do?"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import ExceptionContext, bindparam, event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.database_errors import Meaning, meaning_of
from worker.dialects import TEXTS, DownstreamDatabase, is_among
from worker.hot_statements import run_hot, run_kept
from worker.platforms.sql.mapping import WORKSPACES

on_postgres = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
on_sqlite = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)

ADD = "INSERT INTO workspaces VALUES ('acme')"
FIND = "SELECT name FROM workspaces"
LOCK = f"{FIND} FOR UPDATE"
AMONG = select(WORKSPACES.c.name).where(
    is_among(WORKSPACES.c.name, bindparam("names", type_=TEXTS)), WORKSPACES.c.name != "globex"
)
END = "SELECT pg_terminate_backend(pg_backend_pid())"
SLEEP = "SELECT pg_sleep(60)"

Run = Callable[[AsyncConnection, str], Awaitable[object]]


async def by_driver(db: AsyncConnection, statement: str) -> None:
    await run_hot(db, statement, ())


async def by_sqlalchemy(db: AsyncConnection, statement: str) -> None:
    await db.execute(text(statement))


@pytest.fixture
def heard(downstream: DownstreamDatabase) -> list[ExceptionContext]:
    heard: list[ExceptionContext] = []
    event.listen(downstream.writing.sync_engine, "handle_error", heard.append)
    return heard


async def error_of(downstream: DownstreamDatabase, run: Run, statement: str) -> DBAPIError:
    """Return the error of a statement in a transaction."""
    with pytest.raises(DBAPIError) as raised:
        async with downstream.write(0.1) as db:
            await run(db, statement)
    return raised.value


async def names(downstream: DownstreamDatabase) -> list[str]:
    async with downstream.read() as db:
        return list((await db.execute(text(FIND))).scalars())


async def test_both_ways_share_a_transaction(downstream: DownstreamDatabase) -> None:
    async with downstream.write() as db:
        await by_driver(db, ADD)
        assert list((await db.execute(text(FIND))).scalars()) == ["acme"]
        await db.rollback()
    assert await names(downstream) == []
    async with downstream.write() as db:
        await by_sqlalchemy(db, ADD)
        [[found]] = await run_hot(db, f"{FIND} WHERE name = $1", ["acme"])
    assert await names(downstream) == [found] == ["acme"]


async def test_a_statement_that_is_kept_gives_the_same_rows(
    downstream: DownstreamDatabase,
) -> None:
    given = {"names": ["acme", "globex", 'é"\\']}
    async with downstream.write() as db:
        await db.execute(insert(WORKSPACES), [{"name": name} for name in given["names"]])
        rows = [tuple(row) for row in await run_kept(db, AMONG, given)]
        assert rows == [tuple(row) for row in await db.execute(AMONG, given)]
        assert len(rows) == 2


@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy])
async def test_a_key_that_is_taken_is_a_race(
    downstream: DownstreamDatabase, heard: list[ExceptionContext], run: Run
) -> None:
    async with downstream.write() as db:
        await by_driver(db, ADD)
    error = await error_of(downstream, run, ADD)
    assert isinstance(error, IntegrityError)
    assert meaning_of(error) is Meaning.TAKEN
    assert len(heard) == 1
    assert await names(downstream) == ["acme"]


@on_postgres
@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy])
async def test_a_lock_of_another_transaction_times_out(
    downstream: DownstreamDatabase, run: Run
) -> None:
    async with downstream.write() as db:
        await by_driver(db, ADD)
    async with downstream.write() as holder:
        await by_driver(holder, LOCK)
        assert meaning_of(await error_of(downstream, run, LOCK)) is Meaning.LOCKED


@on_postgres
@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy])
async def test_a_statement_that_a_migration_has_outdated_is_run_again(
    downstream: DownstreamDatabase, run: Run
) -> None:
    async with downstream.write() as db:
        await run(db, FIND)
    async with downstream.read() as migrating:
        await migrating.execute(text("ALTER TABLE workspaces ALTER COLUMN name TYPE text"))
    assert meaning_of(await error_of(downstream, run, FIND)) is Meaning.RIVAL
    async with downstream.write() as db:
        await run(db, FIND)


@on_postgres
@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy])
async def test_a_lost_session_is_a_database_that_is_away_and_is_replaced(
    downstream: DownstreamDatabase, heard: list[ExceptionContext], run: Run
) -> None:
    error = await error_of(downstream, run, END)
    assert meaning_of(error) is Meaning.AWAY
    assert error.connection_invalidated
    assert heard
    async with downstream.write() as db:
        await run(db, ADD)


@on_sqlite
async def test_a_connection_that_the_driver_has_closed_is_replaced(
    downstream: DownstreamDatabase, heard: list[ExceptionContext]
) -> None:
    async with downstream.read() as reading:  # which keeps SQLite from removing its -wal file
        await by_sqlalchemy(reading, FIND)
        async with downstream.write() as db:
            assert db.sync_connection is not None
            driver = db.sync_connection.connection.driver_connection
        assert driver is not None
        await driver.close()
        error = await error_of(downstream, by_driver, FIND)
        assert meaning_of(error) is Meaning.AWAY
        assert heard
        async with downstream.write() as db:
            await by_driver(db, ADD)


@on_postgres
@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy])
async def test_a_statement_that_is_cancelled_leaves_no_session_behind(
    downstream: DownstreamDatabase, run: Run
) -> None:
    started = asyncio.Event()

    async def sleep() -> None:
        async with downstream.write() as db:
            await by_driver(db, ADD)
            started.set()
            await run(db, SLEEP)

    sleeping = asyncio.ensure_future(sleep())
    await started.wait()
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    assert downstream.writing.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with downstream.write() as db:
        await run(db, ADD)
