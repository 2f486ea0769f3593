"""Do errors of hot statements reach everybody who has to know, as all others of a database do?"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory.dialects import DirectoryDatabase
from api.directory.hot_statements import HotStatement, on_postgres, run_hot, run_within
from api.retries import is_away, is_locked_out

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

ADD = HotStatement("INSERT INTO schedules VALUES ($1, 0)", ["name"], {})
CHANGE = HotStatement("UPDATE schedules SET due_at = 1 WHERE name = $1", ["name"], {})
END = HotStatement("SELECT pg_terminate_backend(pg_backend_pid())", [], {})
WAIT = HotStatement("SELECT pg_sleep(60)", [], {})


@pytest.fixture
def hot(directory: DirectoryDatabase) -> AsyncEngine:
    assert directory.hot is not None
    return directory.hot


@pytest.fixture
def heard(hot: AsyncEngine) -> list[ExceptionContext]:
    heard: list[ExceptionContext] = []
    event.listen(hot.sync_engine, "handle_error", heard.append)
    return heard


async def test_a_value_that_is_taken_is_an_error_of_integrity(
    hot: AsyncEngine, heard: list[ExceptionContext]
) -> None:
    await run_hot(hot, ADD, name="ada")
    with pytest.raises(IntegrityError):
        await run_hot(hot, ADD, name="ada")
    assert len(heard) == 1
    await run_hot(hot, ADD, name="ben")


async def test_a_lock_of_another_transaction_is_waited_for_briefly(
    directory: DirectoryDatabase, hot: AsyncEngine
) -> None:
    await run_hot(hot, ADD, name="ada")
    async with directory.write() as db:
        await db.execute(text("UPDATE schedules SET due_at = 2"))
        with pytest.raises(DBAPIError) as raised:
            await run_hot(hot, CHANGE, name="ada")
    assert is_locked_out(raised.value)


async def test_a_lost_session_is_a_database_that_is_away_and_is_replaced(
    hot: AsyncEngine, heard: list[ExceptionContext]
) -> None:
    with pytest.raises(DBAPIError) as raised:
        await run_hot(hot, END)
    assert is_away(raised.value)
    assert raised.value.connection_invalidated
    assert len(heard) == 1
    await run_hot(hot, ADD, name="ada")


async def cancel_at_the_server(hot: AsyncEngine, waiting: Coroutine[Any, Any, object]) -> None:
    """Cancel what waits for a statement; in a session that is open, it waits for nothing else."""
    await run_hot(hot, CHANGE, name="nobody")
    task = asyncio.ensure_future(waiting)
    while not hot.pool.checkedout():  # type: ignore[attr-defined]
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hot.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_statement_that_is_cancelled_leaves_its_session_usable(hot: AsyncEngine) -> None:
    await cancel_at_the_server(hot, run_hot(hot, WAIT))
    await run_hot(hot, ADD, name="ada")


@pytest.mark.parametrize("error", [ValueError(), TimeoutError(), asyncio.CancelledError()])
async def test_what_is_no_error_of_the_database_is_raised_as_it_is(
    hot: AsyncEngine, error: BaseException
) -> None:
    async def fail() -> None:
        async with on_postgres(hot) as run:
            await run(ADD, name="ada")
            raise error

    with pytest.raises(type(error)) as raised:
        await fail()
    assert raised.value is error
    assert hot.pool.checkedout() == 0  # type: ignore[attr-defined]
    await run_hot(hot, ADD, name="ben")


async def test_no_session_is_lost_by_errors(hot: AsyncEngine) -> None:
    await run_hot(hot, ADD, name="ada")
    for _ in range(10):
        with pytest.raises(IntegrityError):
            await run_hot(hot, ADD, name="ada")
    assert hot.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_errors_within_a_session_that_is_in_use_are_those_of_sqlalchemy(
    hot: AsyncEngine, heard: list[ExceptionContext]
) -> None:
    async with hot.connect() as db:
        await run_within(db, ADD, name="ada")
        with pytest.raises(IntegrityError):
            await run_within(db, ADD, name="ada")
        await run_within(db, ADD, name="ben")
        with pytest.raises(DBAPIError) as raised:
            await run_within(db, END)
        assert is_away(raised.value)
        assert raised.value.connection_invalidated
    assert len(heard) == 2
    assert hot.pool.checkedout() == 0  # type: ignore[attr-defined]
    await run_hot(hot, ADD, name="cid")


async def test_a_statement_that_is_cancelled_within_a_session_gives_it_back(
    hot: AsyncEngine,
) -> None:
    async def wait() -> None:
        async with hot.connect() as db:
            await run_within(db, WAIT)

    await cancel_at_the_server(hot, wait())
    await run_hot(hot, ADD, name="ada")
