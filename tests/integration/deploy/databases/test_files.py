"""Is nothing read from or written to a SQLite file that is not the one that was opened?"""

import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.retries import is_away
from deploy.databases.engines import open_engines
from deploy.databases.files import DatabaseFile, DatabaseFileLost, DatabaseFileMissing
from worker.retries import is_transient

Engines = tuple[AsyncEngine, AsyncEngine]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "100% mine?#.sqlite3"


@asynccontextmanager
async def opened(file: Path) -> AsyncIterator[Engines]:
    """Open a database as a process does."""
    reading, writing = open_engines(f"sqlite:///{file}".replace("?", "%3F"))
    try:
        yield reading, writing
    finally:
        await reading.dispose()
        await writing.dispose()


@pytest.fixture
async def engines(file: Path) -> AsyncIterator[Engines]:
    """Give a database with one row, and connections for reading and writing."""
    async with opened(file) as engines:
        async with engines[1].begin() as db:
            await db.execute(text("CREATE TABLE rows (number INTEGER)"))
        await write(engines, 1)
        assert await read(engines) == [1]
        yield engines


async def write(engines: Engines, number: int) -> None:
    async with engines[1].begin() as db:
        await db.execute(text("INSERT INTO rows VALUES (:number)"), {"number": number})


async def read(engines: Engines) -> list[int]:
    async with engines[0].connect() as db:
        return list(await db.scalars(text("SELECT number FROM rows ORDER BY number")))


async def assert_lost(engines: Engines, words: str = "its file is gone") -> None:
    """Assert that both engines say what to do, and that each side takes it for a passing state."""
    for _ in range(3):
        for use in (read(engines), write(engines, 99)):
            with pytest.raises(DatabaseFileLost, match=words) as caught:
                await use
            assert is_away(caught.value)
            assert is_transient(caught.value)


async def test_what_is_made_is_read_by_its_owner_alone(file: Path, engines: Engines) -> None:
    assert await read(engines) == [1]
    made = list(file.parent.iterdir())
    assert len(made) == 3
    assert {stat.S_IMODE(it.stat().st_mode) for it in made} == {0o600}


async def test_a_file_that_was_there_keeps_its_mode(file: Path) -> None:
    file.touch()
    file.chmod(0o640)
    async with opened(file) as engines, engines[0].connect():
        assert stat.S_IMODE(file.stat().st_mode) == 0o640


def files_in(folder: Path) -> dict[str, int]:
    """Return the sizes of all files."""
    return {path.name: path.stat().st_size for path in folder.iterdir()}


async def test_a_deleted_file_is_missed_and_not_made_anew(engines: Engines, file: Path) -> None:
    file.unlink()
    await assert_lost(engines)
    assert not file.exists()


async def test_a_file_that_is_put_back_is_whole(engines: Engines, file: Path) -> None:
    away = file.rename(file.with_name("away"))
    await assert_lost(engines)
    away.rename(file)
    await write(engines, 2)
    assert await read(engines) == [1, 2]


async def test_a_folder_that_is_put_back_is_whole(engines: Engines, file: Path) -> None:
    folder = file.parent
    away = folder.rename(folder.with_name("away"))
    await assert_lost(engines)
    away.rename(folder)
    await write(engines, 2)
    assert await read(engines) == [1, 2]


async def test_an_empty_file_in_its_place_stays_empty(engines: Engines, file: Path) -> None:
    file.unlink()
    file.touch()
    before = files_in(file.parent)
    await assert_lost(engines)
    assert files_in(file.parent) == before
    assert before[file.name] == 0


async def test_a_number_that_was_given_to_another_file_deceives_nobody(
    engines: Engines, file: Path
) -> None:
    number = file.stat().st_ino
    file.unlink()
    await assert_lost(engines)  # from now on no connection holds the file
    for others in range(100):
        other = file.with_name(f"other {others}")
        other.touch()
        assert other.stat().st_ino != number
    other.rename(file)
    await assert_lost(engines)


async def test_a_whole_database_in_its_place_is_for_the_next_start(
    engines: Engines, file: Path
) -> None:
    copy = file.with_name("copy")
    async with engines[0].connect() as db:
        await db.execute(text("ROLLBACK"))
        await db.execute(text("VACUUM INTO :copy"), {"copy": str(copy)})
    await write(engines, 2)
    shutil.move(copy, file)
    await assert_lost(engines)
    for companion in ("-wal", "-shm"):
        Path(f"{file}{companion}").unlink()
    await assert_lost(engines)
    async with opened(file) as others:
        assert await read(others) == [1]


async def test_what_is_committed_into_a_deleted_file_is_not_acknowledged(
    engines: Engines, file: Path
) -> None:
    with pytest.raises(DatabaseFileLost, match="its file is gone"):
        await write_and_delete(engines, file)
    await assert_lost(engines)


async def test_a_file_that_goes_during_the_commit_is_missed(engines: Engines, file: Path) -> None:
    with pytest.raises(DatabaseFileLost, match="its file is gone"):
        await write_and_delete_at_commit(engines, file)


async def write_and_delete_at_commit(engines: Engines, file: Path) -> None:
    def delete_at_commit(statement: str) -> None:
        if statement == "COMMIT":
            file.unlink()

    async with engines[1].begin() as db:
        await db.execute(text("INSERT INTO rows VALUES (2)"))
        connection = (await db.get_raw_connection()).driver_connection
        assert connection is not None
        await connection.set_trace_callback(delete_at_commit)


async def write_and_delete(engines: Engines, file: Path) -> None:
    async with engines[1].begin() as db:
        await db.execute(text("INSERT INTO rows VALUES (2)"))
        file.unlink()


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
async def test_a_companion_that_is_taken_away_is_missed_and_costs_nothing(
    engines: Engines, file: Path, suffix: str
) -> None:
    Path(f"{file}{suffix}").unlink()
    await assert_lost(engines, "-wal or -shm")
    Path(f"{file}{suffix}").touch()
    await assert_lost(engines, "-wal or -shm")
    Path(f"{file}{suffix}").unlink()
    for engine in engines:
        await engine.dispose()
    async with opened(file) as others:
        assert await read(others) == [1]


async def test_companions_that_sqlite_itself_replaces_are_not_missed(
    engines: Engines, file: Path
) -> None:
    for number in (2, 3):
        for engine in engines:
            await engine.dispose()
        assert not Path(f"{file}-wal").exists()
        for other in "ab":  # which may get the numbers that the companions had
            file.with_name(f"{other}{number}").touch()
        await write(engines, number)
    assert await read(engines) == [1, 2, 3]


async def test_another_process_that_comes_and_goes_is_not_missed(
    engines: Engines, file: Path
) -> None:
    async with opened(file) as others:
        await write(others, 2)
    await write(engines, 3)
    assert await read(engines) == [1, 2, 3]


async def test_no_database_is_made_beside_the_log_of_one_that_is_gone(file: Path) -> None:
    log = Path(f"{file}-wal")
    log.write_bytes(b"what was committed")
    async with opened(file) as engines:
        await assert_lost(engines, "its -wal file lies there")
    assert files_in(file.parent) == {log.name: len(b"what was committed")}


def test_a_file_that_is_to_be_looked_at_is_never_made(file: Path) -> None:
    database = DatabaseFile(file, makes=False)
    with pytest.raises(DatabaseFileMissing, match="there is no file /"):
        database.uri()
    file.touch()
    assert database.uri().endswith("?mode=rw")


def test_a_file_is_made_the_first_time_only(file: Path) -> None:
    database = DatabaseFile(file)
    assert database.uri().endswith("/100%25%20mine%3F%23.sqlite3?mode=rwc")
    file.touch()
    database.add_connection("a connection")
    assert database.uri().endswith("/100%25%20mine%3F%23.sqlite3?mode=rw")
