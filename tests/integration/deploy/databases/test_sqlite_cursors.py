"""Does a statement of SQLite visit its thread once, and is it else as SQLAlchemy's own is?"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.databases.engines import open_engines

STATEMENTS = {
    "a read": "SELECT name FROM people",
    "a write": "UPDATE people SET name = 'ben'",
    "a write that reads": "UPDATE people SET name = 'ben' RETURNING name",
}
INSERT = text("INSERT INTO people VALUES (:name)")


class CountedQueue:
    """The queue of a connection's thread; each call of the driver that is put there is a visit."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self.visits = 0

    def put_nowait(self, call: Any) -> None:
        """Hand a call to the thread."""
        self.visits += 1
        self._queue.put_nowait(call)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    reading, writing = open_engines(f"sqlite:///{tmp_path / 'people.db'}")
    async with writing.begin() as db:
        await db.execute(text("CREATE TABLE people (name TEXT PRIMARY KEY)"))
        await db.execute(INSERT, {"name": "ada"})
    yield writing
    await reading.dispose()
    await writing.dispose()


async def counted(engine: AsyncEngine) -> CountedQueue:
    """Return the queue of an engine's only connection, which counts from now on."""
    async with engine.connect() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        driver._tx = queue = CountedQueue(driver._tx)
        return queue


@pytest.mark.parametrize("what", STATEMENTS)
async def test_a_transaction_visits_once_for_its_begin_its_statement_and_its_end(
    engine: AsyncEngine, what: str
) -> None:
    queue = await counted(engine)
    async with engine.begin() as db:
        await db.execute(text(STATEMENTS[what]))
    assert queue.visits == 3
    async with engine.connect() as db:
        await db.execute(text(STATEMENTS[what]))
    assert queue.visits == 6


async def test_a_statement_that_was_not_committed_is_undone_when_its_connection_returns(
    engine: AsyncEngine,
) -> None:
    async with engine.connect() as db:
        await db.execute(INSERT, {"name": "ben"})
    async with engine.connect() as db:
        assert (await db.execute(text("SELECT name FROM people"))).scalars().all() == ["ada"]


async def test_results_have_their_rows_names_and_numbers(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        returned = await db.execute(text("INSERT INTO people VALUES ('ben') RETURNING name"))
        assert [dict(row) for row in returned.mappings()] == [{"name": "ben"}]
        assert (await db.execute(text("UPDATE people SET name = name || '!'"))).rowcount == 2
        assert (await db.execute(text("SELECT name FROM people WHERE name = 'cy'"))).all() == []


async def test_many_rows_are_written_at_once_and_streamed(engine: AsyncEngine) -> None:
    names = [f"p{number:04}" for number in range(1_000)]
    async with engine.begin() as db:
        written = await db.execute(INSERT, [{"name": name} for name in names])
        assert written.rowcount == len(names)
    everybody = text("SELECT name FROM people ORDER BY name")
    async with engine.connect() as db, db.stream(everybody) as rows:
        assert [row.name async for row in rows] == ["ada", *names]


async def test_a_statement_that_fails_says_so_and_leaves_the_connection_usable(
    engine: AsyncEngine,
) -> None:
    async with engine.begin() as db:
        with pytest.raises(IntegrityError):
            await db.execute(INSERT, {"name": "ada"})
        await db.execute(INSERT, {"name": "ben"})
    async with engine.connect() as db:
        assert (await db.execute(text("SELECT count(*) FROM people"))).scalar_one() == 2
