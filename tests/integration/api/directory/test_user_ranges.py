"""Are pages of users and their number right at any depth, whoever comes, goes and counts?"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.connections import create_connection
from api.directory.count_ranges import ALONE, add_changes, count_ranges, drop_ranges
from api.directory.count_users import UserCounting
from api.directory.dialects import SETTLED_AFTER, DirectoryDatabase, settled_before
from api.directory.hot_statements import run_within
from api.directory.tables import ApiTable
from api.directory.user_ranges import find_page, page_statement, total_statement
from api.scim.operations.resource_lists import CHARACTERS_AT_ONCE
from api.scim.users.hot_pages import reading_page
from contracts.clock import now
from deploy.databases.migrations import DIRECTORY
from tests.drivers.examples import examples
from tests.drivers.in_process import RULES, opened_directory
from tests.servers.lent import Lent
from tests.servers.migrated import NewDatabase

on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

USERS, RANGES, CHANGES = (
    ApiTable.metadata.tables[name] for name in ("users", "user_ranges", "user_range_changes")
)
SIZE, MANY_CHANGES = 5, 3
"""Users of a range, and changes that are added to it: few, so that tests reach both."""

LONG_AGO = 4 * SETTLED_AFTER
PEOPLE = 3 * SIZE + 2


@dataclass(frozen=True, slots=True)
class Process:
    """A process of several that come and go with users of a connection, and count them."""

    database: DirectoryDatabase
    connection: str
    counting: UserCounting

    async def add(self, number: int, created_at: int) -> None:
        """Add a user."""
        await self.add_all([self.user(number, created_at)])

    async def add_all(self, users: Sequence[dict[str, Any]]) -> None:
        """Add users at once."""
        async with self.database.write() as db:
            await db.execute(insert(USERS), users)

    def user(self, number: int, created_at: int) -> dict[str, Any]:
        """Return the row of a user."""
        return {
            "connection_id": self.connection,
            "id": f"{number:032x}",
            "user_name_key": f"{number}",
            "resource": {},
            "comparable": {},
            "created_at": created_at,
            "modified_at": created_at,
            "revision": 1,
        }

    async def remove(self, number: int) -> None:
        """Delete a user, if it is there."""
        async with self.database.write() as db:
            await db.execute(delete(USERS).where(USERS.c.id == f"{number:032x}"))

    async def count(self) -> None:
        """Count, as after a write."""
        self.counting.note(self.connection)
        await self.counting.look()

    async def are_right(self, *pages: tuple[int, int]) -> bool:
        """Return whether pages are what a database finds by counting one by one, at one moment."""
        order = (USERS.c.created_at, USERS.c.id)
        everybody = select(USERS.c.id).where(USERS.c.connection_id == self.connection)
        async with self.database.snapshot() as db:
            ids = list(await db.scalars(everybody.order_by(*order)))
            total = await db.scalar(total_statement().params(connection=self.connection))
            assert total == len(ids)
            for start, count in pages:
                expected = total, ids[start : start + count]
                assert await self._page_at_once(db, start, count) == expected
                if await find_page(db, self.connection, start, count) != expected:
                    return False
        return True

    async def _page_at_once(self, db: AsyncConnection, start: int, count: int) -> Any:
        rows = await run_within(
            db,
            reading_page(db.dialect.name),
            connection=self.connection,
            digest="",
            now=now(),
            start=start,
            count=count,
            characters=CHARACTERS_AT_ONCE,
        )
        return rows[0]["total"], [row["id"] for row in rows if row["id"] is not None]

    async def rows(self, table: Any) -> int:
        """Return the number of a table's rows."""
        async with self.database.read() as db:
            return await db.scalar(select(func.count()).select_from(table)) or 0


def process_on(database: DirectoryDatabase, connection: str) -> Process:
    """Return a process with a directory."""
    return Process(database, connection, UserCounting(database, SIZE, MANY_CHANGES))


@asynccontextmanager
async def opened_twice(url: str) -> AsyncIterator[Sequence[DirectoryDatabase]]:
    """Open a directory as two processes do; on SQLite, where there is one, it is the same twice."""
    async with opened_directory(url) as one, opened_directory(url) as other:
        yield [one, one if one.has_one_writer else other]


async def processes_on(directories: Sequence[DirectoryDatabase]) -> Sequence[Process]:
    """Return a process with each of these directories, on a connection that has no users."""
    connection = (await create_connection(directories[0], "Acme", RULES, now())).id
    return [process_on(directory, connection) for directory in directories]


@pytest.fixture(scope="module")
async def lent_twice(
    shared_database_url: NewDatabase,
) -> AsyncIterator[Lent[Sequence[DirectoryDatabase]]]:
    """Give the directories that the tests of this module have one after another."""
    async with Lent(shared_database_url, [DIRECTORY], opened_twice) as lent:
        yield lent


@pytest.fixture
async def processes(lent_twice: Lent[Sequence[DirectoryDatabase]]) -> Sequence[Process]:
    """Give two processes."""
    return await processes_on(await lent_twice.lend())


@pytest.fixture
async def process(processes: Sequence[Process]) -> Process:
    """Give a process, and people who came long ago and are counted."""
    first, _ = processes
    began = now() - LONG_AGO
    await first.add_all([first.user(number, began + 10 * number) for number in range(PEOPLE)])
    await first.count()
    assert await first.rows(RANGES) == PEOPLE // SIZE
    assert await first.rows(CHANGES) <= PEOPLE % SIZE
    return first


DEEP = [(start, count) for start in (0, 1, 4, 5, 6, PEOPLE - 1, PEOPLE + 9) for count in (0, 1, 7)]


async def all_right(process: Process) -> bool:
    """Return whether pages at several depths are right."""
    return await process.are_right(*DEEP)


async def test_pages_begin_at_any_place(process: Process) -> None:
    assert await all_right(process)


async def test_nobody_has_an_empty_page(processes: Sequence[Process]) -> None:
    async with processes[0].database.read() as db:
        assert await find_page(db, processes[0].connection, 0, 10) == (0, [])
        assert await find_page(db, processes[0].connection, 2**70, 2**70) == (0, [])


async def test_who_comes_and_who_goes_counts_at_once(process: Process) -> None:
    await process.add(100, now())
    assert await all_right(process)
    for number in (100, 0, SIZE, SIZE + 1, PEOPLE - 1):
        await process.remove(number)
        assert await all_right(process)
    await process.count()
    assert await all_right(process)


async def test_a_range_that_everybody_has_left_is_skipped(process: Process) -> None:
    for number in range(SIZE, 2 * SIZE):
        await process.remove(number)
    assert await all_right(process)
    await process.count()
    assert await process.rows(CHANGES) == 0
    assert await all_right(process)


async def test_what_is_noted_where_nothing_is_counted_is_forgotten(
    processes: Sequence[Process],
) -> None:
    process, _ = processes
    for number in range(MANY_CHANGES):
        await process.add(number, now() - LONG_AGO + number)
        await process.remove(number)
    await process.count()
    assert await process.rows(RANGES) == await process.rows(CHANGES) == 0


@on_postgres
async def test_what_a_counting_process_needs_is_not_forgotten_beside_it(
    process: Process, processes: Sequence[Process]
) -> None:
    _, rival = processes
    for number in range(100, 100 + SIZE):
        await process.add(number, now() - LONG_AGO + 1_000 + number)
    async with process.database.write() as db:
        await db.execute(delete(CHANGES))  # as if they had come in time, so that no note is there
    async with rival.database.write_in_snapshot() as db:
        assert await count_ranges(db, rival.connection, now() - SETTLED_AFTER, SIZE, 10) == 1
        for number in range(100, 100 + MANY_CHANGES):  # the rival still sees them
            await process.remove(number)
        adding = asyncio.create_task(process.count())
        await _held_up(process.database)
    await adding
    assert await all_right(process)


@on_postgres
async def test_a_process_that_counts_sees_what_another_has_forgotten(
    process: Process, processes: Sequence[Process]
) -> None:
    _, rival = processes
    for number in range(100, 100 + SIZE):
        await process.add(number, now() - LONG_AGO + 1_000 + number)
    async with process.database.write_in_snapshot() as db:
        await _lock_alone(db)
        counting = asyncio.create_task(_count_all(rival))
        await _held_up(process.database)
        await process.remove(100)
        await add_changes(db, process.connection)
    await counting
    assert await all_right(process)


async def _lock_alone(db: AsyncConnection) -> None:
    await db.execute(text(f"LOCK TABLE user_ranges IN {ALONE} MODE"))


@on_postgres
async def test_a_session_that_looks_elsewhere_for_tables_notes_what_it_changes(
    process: Process,
) -> None:
    async with process.database.write() as db:
        await db.execute(text("SET LOCAL search_path = ''"))
        await db.execute(text("DELETE FROM public.users WHERE id = :id"), {"id": f"{1:032x}"})
    assert await all_right(process)


@on_postgres
async def test_ranges_go_with_the_users_of_a_truncated_table(process: Process) -> None:
    async with process.database.write() as db:
        await db.execute(text("SET LOCAL search_path = ''"))
        await db.execute(text("TRUNCATE public.users CASCADE"))
    assert await all_right(process)
    assert await process.rows(RANGES) == await process.rows(CHANGES) == 0


async def test_who_comes_late_with_an_early_time_is_counted(process: Process) -> None:
    await process.add(100, now() - LONG_AGO + 5)
    assert await all_right(process)
    await process.remove(100)
    assert await all_right(process)


async def test_wrong_numbers_come_to_light_and_are_made_anew(process: Process) -> None:
    async with process.database.write() as db:
        await db.execute(update(RANGES).values(users=SIZE + 1))
    for number in range(MANY_CHANGES):
        await process.remove(number)
    await process.count()  # every range is wrong, and one is looked at
    assert await process.rows(RANGES) == 0
    assert await all_right(process)
    await process.counting.look()
    assert await process.rows(RANGES) == (PEOPLE - MANY_CHANGES) // SIZE
    assert await all_right(process)


@on_postgres
async def test_an_open_transaction_keeps_its_users_from_being_counted(process: Process) -> None:
    at = now()
    async with process.database.write() as db:
        await db.execute(insert(USERS), [process.user(100, at)])
        async with process.database.read() as other:
            await other.execute(text("SELECT pg_sleep(0.01)"))
            assert await settled_before(other) < at - SETTLED_AFTER + 1_000_000
        assert await process.rows(CHANGES) <= PEOPLE % SIZE
    assert await all_right(process)


@on_postgres
async def test_who_leaves_in_a_long_transaction_leaves_with_its_commit(process: Process) -> None:
    async with process.database.write() as db:
        await db.execute(delete(USERS).where(USERS.c.id == f"{1:032x}"))
        for number in range(20, 20 + 2 * SIZE):
            await process.add(number, now() - LONG_AGO + 1_000 + number)
        await process.count()
        assert await all_right(process)
    assert await all_right(process)
    await process.remove(2)
    await process.remove(3)
    await process.count()
    assert await all_right(process)


@on_postgres
async def test_a_drop_beside_a_process_that_counts_leaves_no_gap(
    process: Process, processes: Sequence[Process]
) -> None:
    _, rival = processes
    began = now() - LONG_AGO + 1_000
    for number in range(100, 100 + SIZE):
        await process.add(number, began + number)
    async with process.database.write_in_snapshot() as db:
        await drop_ranges(db, process.connection)
        counting = asyncio.create_task(_count_all(rival))
        await _held_up(process.database)
    await counting
    assert await all_right(process)
    assert await process.rows(RANGES) == (PEOPLE + SIZE) // SIZE


async def _count_all(process: Process) -> None:
    async with process.database.write_in_snapshot() as db:
        await count_ranges(db, process.connection, now() - SETTLED_AFTER, SIZE, 10)


async def _held_up(database: DirectoryDatabase) -> None:
    """Wait until some session waits for a lock."""
    waiting = text(
        "SELECT 1 FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with database.read() as db, asyncio.timeout(10):
        while (await db.execute(waiting)).first() is None:
            await asyncio.sleep(0.01)  # the server tells of no lock


@on_postgres
async def test_ranges_are_dropped_where_the_clock_was_set_back(process: Process) -> None:
    ahead = now() + 600_000_000
    for number in range(100, 100 + 2 * SIZE):
        await process.add(number, ahead + number)
    async with process.database.write_in_snapshot() as db:  # as if the clock were there already
        await count_ranges(db, process.connection, 2 * ahead, SIZE, 10)
    await process.add(200, now())  # comes into a range, without a note
    await process.count()
    assert await process.rows(RANGES) == 0
    assert await all_right(process)
    await process.counting.look()
    assert await process.rows(RANGES) == PEOPLE // SIZE
    assert await all_right(process)


@on_postgres
async def test_nothing_is_counted_where_activities_are_not_tracked(
    process: Process, processes: Sequence[Process]
) -> None:
    _, rival = processes
    for number in range(100, 100 + SIZE):
        await process.add(number, now() - LONG_AGO + 1_000 + number)
    async with rival.database.write() as db:
        await db.execute(text("SET LOCAL track_activities = off"))
        await db.execute(text("SELECT 1"))
        await process.count()
        assert await process.rows(RANGES) == PEOPLE // SIZE
        assert await all_right(process)
    async with rival.database.write() as db:
        await db.execute(text("SELECT 1"))  # so that its session is seen again
    await process.counting.look()
    assert await process.rows(RANGES) == (PEOPLE + SIZE) // SIZE


@dataclass(frozen=True, slots=True)
class Opened:
    """The directories of two processes, and the loop in which they were opened."""

    runner: asyncio.Runner
    directories: Sequence[DirectoryDatabase]


@pytest.fixture
def opened(directory_url: str) -> Iterator[Opened]:
    """Give directories in which each example has a connection of its own."""
    with asyncio.Runner() as runner:
        opening = opened_twice(directory_url)
        yield Opened(runner, runner.run(opening.__aenter__()))
        runner.run(opening.__aexit__(None, None, None))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", "add", "remove", "count", "look"]), st.integers(0, 30)
    ),
    min_size=1,
    max_size=30,
)


@settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=STEPS, second=STEPS)
def test_pages_are_right_while_two_processes_add_remove_and_count(
    opened: Opened, first: Any, second: Any
) -> None:
    opened.runner.run(_work_at_once(opened.directories, first, second))


async def _work_at_once(
    directories: Sequence[DirectoryDatabase], *works: Sequence[tuple[str, int]]
) -> None:
    began = now() - LONG_AGO
    both = await processes_on(directories)
    works_of = zip(both, works, strict=True)
    await asyncio.gather(*(_work(it, work, began) for it, work in works_of))
    for it in both:
        await it.count()
        assert await it.are_right((0, 3), (SIZE, SIZE))


async def _work(process: Process, steps: Sequence[tuple[str, int]], began: int) -> None:
    first = uuid.uuid4().int >> 7  # so that nobody has the number of another
    added = set[int]()
    for what, number in steps:
        match what:
            case "add" if number not in added:
                added.add(number)
                await process.add(first + number, began + 10 * number)
            case "remove":
                await process.remove(first + number)
            case "count":
                await process.count()
            case _:
                assert await process.are_right((number, SIZE))


@on_postgres
async def test_a_deep_page_reads_as_little_as_the_first(process: Process) -> None:
    began = now() - LONG_AGO + 1_000
    rows = [process.user(number, began + number) for number in range(100, 100 + 40 * SIZE)]
    async with process.database.write() as db:
        await db.execute(insert(USERS), rows)
    shallow = await _rows_read(process, 0)
    assert await _rows_read(process, 39 * SIZE) > 20 * SIZE  # nothing is counted
    await process.count()
    assert await _rows_read(process, 39 * SIZE) <= SIZE + 3 * SIZE
    assert shallow


async def _rows_read(process: Process, start: int) -> int:
    """Return the users that a page reads, also those before the page and those only counted."""
    asked = {"connection": process.connection, "start": start, "count": SIZE}
    sql = (
        page_statement()
        .params(asked)
        .compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
    )
    async with process.database.read() as db:
        [plan] = (await db.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")).scalar_one()
    return sum(_scanned(plan["Plan"]))


def _scanned(node: Any) -> Sequence[int]:
    """Return the rows that each scan of the table of users or of its indexes has returned."""
    own = [node["Actual Rows"]] if node.get("Relation Name") == "users" else []
    return [*own, *(rows for inner in node.get("Plans", ()) for rows in _scanned(inner))]
