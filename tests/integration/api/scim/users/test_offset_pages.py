"""Are pages of users right at any depth, whoever comes and goes? And does the database skip?"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, text, update
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity, UserRow
from api.scim.users.offset_pages import (
    APART,
    REMEMBERED,
    SLACK,
    START,
    Landmark,
    Landmarks,
    UserPages,
)
from contracts.clock import now
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import multiply

PEOPLE = 4 * APART + 7
LONG_AGO = 2 * SLACK


class Pages:
    """Asks for pages, at a time that a test moves."""

    def __init__(self, ingress: Ingress) -> None:
        self.ingress = ingress
        self.finder = UserPages()
        self.later = 0

    async def find(self, start: int, count: int) -> tuple[int, list[str]]:
        """Return how many users there are, and the ids on a page."""
        async with self.ingress.database.read() as db:
            at = now() + self.later
            total, users = await self.finder.find(db, self.ingress.connection, start, count, at)
        return total, list(users)

    async def expected(self, start: int, count: int) -> tuple[int, list[str]]:
        """Return the same, counted one by one."""
        everybody = await self.ids()
        return len(everybody), everybody[start : start + count]

    async def ids(self) -> list[str]:
        """Return all ids in order."""
        statement = text("SELECT id FROM users ORDER BY created_at, id")
        async with self.ingress.database.read() as db:
            return list(await db.scalars(statement))


@pytest.fixture
async def pages(ingress: Ingress, directory: DirectoryDatabase) -> Pages:
    """Give pages of many people, who came long ago."""
    pattern = await ingress.user("person-0@a.test")
    long_ago = update(UserRow).where(col(UserRow.id) == pattern)
    async with directory.write() as db:
        await db.execute(long_ago.values(created_at=now() - LONG_AGO))
    await multiply(directory, ingress.connection, pattern, range(1, PEOPLE))
    return Pages(ingress)


@pytest.mark.parametrize("count", [1, 30, APART, 100, PEOPLE + 1])
async def test_pages_one_after_the_other_show_everybody_once(pages: Pages, count: int) -> None:
    for _ in range(2):  # the second time from what is remembered
        for start in range(0, PEOPLE + count, count):
            assert await pages.find(start, count) == await pages.expected(start, count)


async def test_who_comes_is_counted_and_shown_behind_the_others(pages: Pages) -> None:
    assert await pages.find(PEOPLE - 10, 100) == await pages.expected(PEOPLE - 10, 100)
    newcomers = [await pages.ingress.user(f"new-{number}@a.test") for number in range(3)]
    total, shown = await pages.find(PEOPLE, 100)
    assert (total, shown) == (PEOPLE + 3, newcomers)
    assert await pages.find(PEOPLE - 10, 100) == await pages.expected(PEOPLE - 10, 100)


async def test_after_a_deletion_nothing_of_before_is_believed(pages: Pages) -> None:
    for start in (0, 2 * APART, 3 * APART):
        await pages.find(start, APART)
    for leaver in (await pages.ids())[:3]:
        await pages.ingress.send("DELETE", f"/Users/{leaver}")
        for start in (0, 2 * APART, 3 * APART):
            assert await pages.find(start, APART) == await pages.expected(start, APART)
        pages.later += 2 * SLACK  # from now on there is something to remember again


async def test_what_a_clock_that_was_set_back_has_hidden_comes_to_light(pages: Pages) -> None:
    await pages.find(2 * APART, APART)
    back = update(UserRow).where(col(UserRow.id) == await pages.ingress.user("late@a.test"))
    async with pages.ingress.database.write() as db:
        await db.execute(back.values(created_at=1))
    pages.later = REMEMBERED
    assert await pages.find(2 * APART, APART) == await pages.expected(2 * APART, APART)


COPY = """
INSERT INTO users SELECT connection_id, :id, :id, NULL, resource, comparable, :at, :at, 1 FROM users
ORDER BY created_at, id LIMIT 1
"""


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_who_comes_late_of_a_long_transaction_is_not_missed(pages: Pages) -> None:
    async with pages.ingress.database.write() as db:
        await db.execute(text(COPY), {"id": "late", "at": now()})
        await pages.ingress.user("soon@a.test")
        pages.later = 3 * SLACK  # so long does the transaction take
        for start in (0, 2 * APART, PEOPLE - 10):
            await pages.find(start, APART)
    for start in (0, 2 * APART, PEOPLE - 10):
        assert await pages.find(start, APART) == await pages.expected(start, APART)


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_who_leaves_late_of_a_long_transaction_is_not_shown(pages: Pages) -> None:
    late, soon, *_ = await pages.ids()
    async with pages.ingress.database.write() as db:
        gone = update(Identity).where(col(Identity.id) == late)
        await db.execute(gone.values(deleted=True, version=now()))
        await db.execute(delete(UserRow).where(col(UserRow.id) == late))
        await pages.ingress.send("DELETE", f"/Users/{soon}")
        pages.later = 3 * SLACK
        for start in (0, 2 * APART, PEOPLE - 10):
            await pages.find(start, APART)
    for start in (0, 2 * APART, PEOPLE - 10):
        assert await pages.find(start, APART) == await pages.expected(start, APART)


async def test_an_empty_directory_has_an_empty_page(ingress: Ingress) -> None:
    assert await Pages(ingress).find(0, 10) == (0, [])
    assert await Pages(ingress).find(10, 10) == (0, [])


@given(st.lists(st.integers(0, 100 * APART)), st.integers(0, 100 * APART))
def test_landmarks_lie_apart_and_the_nearest_never_beyond(noted: list[int], index: int) -> None:
    landmarks = Landmarks(
        Landmark(50 * APART, 1, "end"), last_deletion=0, since=0, settled_before=0
    )
    for each in noted:
        landmarks.note(Landmark(each, 1, str(each)))
    indexes = [landmark.index for landmark in landmarks.known]
    assert indexes == sorted(set(indexes))
    assert landmarks.known[0] is START
    assert max(indexes) <= landmarks.end.index
    assert all(later - before >= APART for before, later in pairwise(indexes))
    assert landmarks.nearest(index).index == max(it for it in indexes if it <= index)
