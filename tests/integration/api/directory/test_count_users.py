"""Are users counted in the background, where somebody has written, and by any number at once?"""

import asyncio

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from api.directory.count_ranges import is_right
from api.directory.count_users import UserCounting
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import ApiTable
from contracts.clock import now
from tests.drivers.in_process import ingress_on
from tests.integration.api.directory.test_user_ranges import LONG_AGO, SIZE, Process, process_on

RANGES = ApiTable.metadata.tables["user_ranges"]

UNSTORABLE = "!\ud800"
"""An id of which every driver complains: half of a character."""


class Stopped(Exception):
    """Ends a task that would run for ever."""


async def stop(_seconds: float) -> None:
    """Stop in place of a pause."""
    raise Stopped


async def _people(process: Process, number: int, at: int = 0) -> None:
    for each in range(at, at + number):
        await process.add(each, now() - LONG_AGO + each)


async def test_a_write_lets_its_connection_be_looked_at(directory: DirectoryDatabase) -> None:
    counting = UserCounting(directory)
    async with ingress_on(directory, counting=counting) as ingress:
        await ingress.send("GET", "/Users")
        assert counting.written == set()
        await ingress.user("ada")
        assert counting.written == {ingress.connection}
        await counting.look()
        assert counting.written == set()


async def test_a_process_counts_at_its_start_what_others_have_left(
    directory: DirectoryDatabase,
) -> None:
    async with ingress_on(directory) as ingress:
        await _people(process_on(directory, ingress.connection), 2 * SIZE)
        counting = UserCounting(directory, range_size=SIZE, sleep=stop)
        with pytest.raises(Stopped):
            await counting.run()
        async with directory.read() as db:
            assert await db.scalar(select(func.count()).select_from(RANGES)) == 2


async def test_many_may_count_at_once(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory) as ingress:
        process = process_on(directory, ingress.connection)
        await _people(process, 4 * SIZE)
        several = [process_on(directory, ingress.connection) for _ in range(4)]
        await asyncio.gather(*(it.count() for it in several))
        assert await process.rows(RANGES) == 4
        assert await process.are_right((3 * SIZE, SIZE))


async def test_a_count_that_fails_is_tried_again(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory) as ingress:
        counting = UserCounting(directory, sleep=stop)
        counting.note(ingress.connection)
        async with directory.write() as db:
            await db.execute(RANGES.delete())
            await db.exec_driver_sql("ALTER TABLE user_ranges RENAME TO hidden_ranges")
        with pytest.raises(Stopped):
            await counting.run()
        assert counting.written == {ingress.connection}


async def test_an_error_of_one_connection_keeps_no_other_from_being_counted(
    directory: DirectoryDatabase,
) -> None:
    async with ingress_on(directory) as ingress:
        process = process_on(directory, ingress.connection)
        await _people(process, 2 * SIZE)
        process.counting.note(UNSTORABLE)
        assert ingress.connection > UNSTORABLE  # so it is looked at first
        with pytest.raises((DBAPIError, UnicodeEncodeError)):
            await process.count()
        assert await process.rows(RANGES) == 2
        assert process.counting.written == {UNSTORABLE}


async def test_looks_count_ranges_again_in_turn(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory) as ingress:
        process = process_on(directory, ingress.connection)
        await _people(process, 4 * SIZE)
        async with directory.read() as db:
            assert await is_right(db, process.connection, 7)  # there is no range
        await process.count()
        async with directory.write() as db:
            second = select(func.min(RANGES.c.created_at)).where(RANGES.c.after_created_at > 0)
            wrong = RANGES.c.created_at == second.scalar_subquery()
            await db.execute(update(RANGES).where(wrong).values(users=SIZE + 1))
        async with directory.read() as db:
            found = [await is_right(db, process.connection, turn) for turn in range(8)]
        assert found == [True, False, True, True] * 2


async def test_users_between_ranges_come_to_light(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory) as ingress:
        process = process_on(directory, ingress.connection)
        await _people(process, 4 * SIZE)
        await process.count()
        async with directory.write() as db:
            await db.execute(delete(RANGES).where(RANGES.c.after_created_at < 0))
        async with directory.read() as db:
            assert not await is_right(db, process.connection, 0)
        await _people(process, SIZE, at=4 * SIZE)
        await process.count()
        assert await process.rows(RANGES) == 0
        await process.counting.look()
        assert await process.rows(RANGES) == 5
        assert await process.are_right((3 * SIZE, SIZE))
