"""Is a session that ends ever taken for the fault of an event? At whichever moment that happens.

The goodbye of a server may reach the driver before the end of the connection does. A statement in
between has an error that names no code and no lost connection.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.database_errors import Meaning, meaning_of
from worker.dialects import DownstreamDatabase
from worker.hot_statements import run_hot

SESSIONS = 20
"""Of five that end while they are busy, one meets that moment."""

OWN_PROCESS = text("SELECT pg_backend_pid()")
END = text("SELECT pg_terminate_backend(:process)")
STATEMENT = "SELECT name FROM workspaces"

Run = Callable[[AsyncConnection], Awaitable[object]]


async def by_driver(db: AsyncConnection) -> None:
    await run_hot(db, STATEMENT, ())


async def by_sqlalchemy(db: AsyncConnection) -> None:
    await db.execute(text(STATEMENT))


async def error_of_an_ended_session(downstream: DownstreamDatabase, run: Run) -> Exception | None:
    """Return the error of one transaction of many, while another session ends theirs.

    There is none where the session ended between two of them, and was replaced.
    """

    async def end(process: int) -> None:
        async with downstream.read() as other:
            await other.execute(END, {"process": process})

    async with downstream.write() as db:
        process = (await db.execute(OWN_PROCESS)).scalar_one()
    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(end(process))
        try:
            while not ending.done():
                async with downstream.write() as db:
                    await run(db)
            async with downstream.write() as db:
                await run(db)
        except Exception as error:  # noqa: BLE001 - any kind may come, and all are judged
            return error
    return None


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("run", [by_driver, by_sqlalchemy], ids=lambda it: it.__name__)
async def test_an_ended_session_means_that_the_database_is_away(
    downstream: DownstreamDatabase, run: Run
) -> None:
    errors = [await error_of_an_ended_session(downstream, run) for _ in range(SESSIONS)]
    assert {meaning_of(error) for error in errors if error} == {Meaning.AWAY}
