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
    CLOCK_SKEW,
    MAX_CACHE_AGE,
    MIN_DISTANCE,
    START_ANCHOR,
    Anchor,
    AnchorCache,
    UserPages,
)
from contracts.clock import now
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import multiply

PEOPLE = 4 * MIN_DISTANCE + 7
LONG_AGO = 2 * CLOCK_SKEW


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


@pytest.mark.parametrize("count", [1, 30, MIN_DISTANCE, 100, PEOPLE + 1])
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
    for start in (0, 2 * MIN_DISTANCE, 3 * MIN_DISTANCE):
        await pages.find(start, MIN_DISTANCE)
    for leaver in (await pages.ids())[:3]:
        await pages.ingress.send("DELETE", f"/Users/{leaver}")
        for start in (0, 2 * MIN_DISTANCE, 3 * MIN_DISTANCE):
            assert await pages.find(start, MIN_DISTANCE) == await pages.expected(
                start, MIN_DISTANCE
            )
        pages.later += 2 * CLOCK_SKEW  # from now on there is something to remember again


async def test_what_a_clock_that_was_set_back_has_hidden_comes_to_light(pages: Pages) -> None:
    await pages.find(2 * MIN_DISTANCE, MIN_DISTANCE)
    back = update(UserRow).where(col(UserRow.id) == await pages.ingress.user("late@a.test"))
    async with pages.ingress.database.write() as db:
        await db.execute(back.values(created_at=1))
    pages.later = MAX_CACHE_AGE
    assert await pages.find(2 * MIN_DISTANCE, MIN_DISTANCE) == await pages.expected(
        2 * MIN_DISTANCE, MIN_DISTANCE
    )


COPY = """
INSERT INTO users SELECT connection_id, :id, :id, NULL, resource, comparable, :at, :at, 1 FROM users
ORDER BY created_at, id LIMIT 1
"""


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_who_comes_late_of_a_long_transaction_is_not_missed(pages: Pages) -> None:
    async with pages.ingress.database.write() as db:
        await db.execute(text(COPY), {"id": "late", "at": now()})
        await pages.ingress.user("soon@a.test")
        pages.later = 3 * CLOCK_SKEW  # so long does the transaction take
        for start in (0, 2 * MIN_DISTANCE, PEOPLE - 10):
            await pages.find(start, MIN_DISTANCE)
    for start in (0, 2 * MIN_DISTANCE, PEOPLE - 10):
        assert await pages.find(start, MIN_DISTANCE) == await pages.expected(start, MIN_DISTANCE)


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_who_leaves_late_of_a_long_transaction_is_not_shown(pages: Pages) -> None:
    late, soon, *_ = await pages.ids()
    async with pages.ingress.database.write() as db:
        gone = update(Identity).where(col(Identity.id) == late)
        await db.execute(gone.values(deleted=True, version=now()))
        await db.execute(delete(UserRow).where(col(UserRow.id) == late))
        await pages.ingress.send("DELETE", f"/Users/{soon}")
        pages.later = 3 * CLOCK_SKEW
        for start in (0, 2 * MIN_DISTANCE, PEOPLE - 10):
            await pages.find(start, MIN_DISTANCE)
    for start in (0, 2 * MIN_DISTANCE, PEOPLE - 10):
        assert await pages.find(start, MIN_DISTANCE) == await pages.expected(start, MIN_DISTANCE)


async def test_an_empty_directory_has_an_empty_page(ingress: Ingress) -> None:
    assert await Pages(ingress).find(0, 10) == (0, [])
    assert await Pages(ingress).find(10, 10) == (0, [])


@given(st.lists(st.integers(0, 100 * MIN_DISTANCE)), st.integers(0, 100 * MIN_DISTANCE))
def test_landmarks_lie_apart_and_the_nearest_never_beyond(noted: list[int], index: int) -> None:
    cache = AnchorCache(
        Anchor(50 * MIN_DISTANCE, 1, "end"), last_deletion=0, since=0, settled_before=0
    )
    for each in noted:
        cache.remember(Anchor(each, 1, str(each)))
    indexes = [anchor.index for anchor in cache.anchors]
    assert indexes == sorted(set(indexes))
    assert cache.anchors[0] is START_ANCHOR
    assert max(indexes) <= cache.end.index
    assert all(later - before >= MIN_DISTANCE for before, later in pairwise(indexes))
    assert cache.nearest(index).index == max(it for it in indexes if it <= index)
