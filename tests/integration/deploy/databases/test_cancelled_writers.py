"""Does a cancelled transaction keep its lock? SQLite's one writer would wait for it in vain."""

import asyncio
import gc
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.databases.engines import open_engines

PEOPLE = 50
PATIENCE_SECONDS = 2.0

STATEMENTS = {
    "a read": "SELECT cancel(name) FROM people",
    "a write": "UPDATE people SET name = cancel(name)",
    "a write that reads": "UPDATE people SET name = 'ben' RETURNING cancel(name)",
}


@pytest.fixture(autouse=True)
def _garbage_stays() -> Iterator[None]:
    """Let nothing be freed that is part of a cycle, as between two rounds of the collector."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.db"


@pytest.fixture
async def writing(file: Path) -> AsyncIterator[AsyncEngine]:
    reading, writing = open_engines(f"sqlite:///{file}", makes=True)
    async with writing.begin() as db:
        await db.execute(text("CREATE TABLE people (name TEXT)"))
        for _ in range(PEOPLE):
            await db.execute(text("INSERT INTO people VALUES ('ada')"))
    yield writing
    await reading.dispose()
    await writing.dispose()


async def transact(writing: AsyncEngine, statement: str, times: int) -> None:
    """Run a statement in a transaction that is cancelled while the statement runs."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    cancellations = iter(range(times))

    def cancel(name: str) -> str:
        if next(cancellations, None) is not None:
            loop.call_soon_threadsafe(task.cancel)
        return name

    async with writing.begin() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        await driver.create_function("cancel", 1, cancel)
        await db.execute(text(statement))


@pytest.mark.parametrize("times", [1, 2, PEOPLE])
@pytest.mark.parametrize("what", STATEMENTS)
async def test_a_transaction_that_is_cancelled_gives_its_lock_back(
    writing: AsyncEngine, file: Path, what: str, times: int
) -> None:
    task = asyncio.ensure_future(transact(writing, STATEMENTS[what], times))
    await asyncio.wait([task])
    assert task.cancelled()
    assert is_free(file)
    await transact(writing, "SELECT 1", times=0)


def is_free(file: Path) -> bool:
    """Say whether somebody else may write, at once or when what was cancelled has ended."""
    rival = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
    try:
        rival.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    finally:
        rival.close()
    return True
