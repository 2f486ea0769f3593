"""Does each test get a database that is as good as new? Copies are lent again, or dropped."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from deploy.databases.migrations import DIRECTORY
from tests.servers.migrated import Copies, PostgresTemplates
from tests.servers.postgres import PostgresServer, connected

pytestmark = pytest.mark.postgres

A_ROW = "INSERT INTO schedules (name, due_at) VALUES ('sweep', 1)"


@pytest.fixture
def copies(
    postgres_server: PostgresServer, postgres_templates: PostgresTemplates
) -> Iterator[Copies]:
    """Give the copies of a template, none of which is made yet."""
    with postgres_templates.copy(DIRECTORY) as template:
        copies = Copies(postgres_server, template)
        yield copies
        copies.drop()


async def is_there(url: str) -> bool:
    """Return whether there is such a database."""
    try:
        async with connected(url):
            return True
    except asyncpg.InvalidCatalogNameError:
        return False


async def test_copies_rest_in_turn_before_they_are_lent_again(copies: Copies) -> None:
    with copies.lend() as second, copies.lend() as first:
        assert first != second
    with copies.lend() as lent:
        assert lent == first
    with copies.lend() as lent:
        assert lent == second


async def test_a_copy_with_another_schema_is_dropped(copies: Copies) -> None:
    with copies.lend(), copies.lend() as changed:
        async with connected(changed) as db:
            await db.execute("DROP TABLE memberships")
    with copies.lend() as lent:
        assert lent != changed
        assert not await is_there(changed)


@pytest.mark.parametrize("left_with", ["SELECT 1", f"BEGIN; {A_ROW}"], ids=["rest", "work"])
async def test_a_copy_with_a_session_is_dropped_and_the_session_ends(
    copies: Copies, left_with: str
) -> None:
    ended = asyncio.Event()
    with copies.lend(), copies.lend() as used:
        session = await asyncpg.connect(used.replace("+asyncpg", ""))
        session.add_termination_listener(lambda _: ended.set())
        await session.execute(left_with)
    with copies.lend() as lent:
        assert lent != used
        assert not await is_there(used)
    await ended.wait()


async def test_copies_are_dropped_in_the_end(copies: Copies) -> None:
    with copies.lend() as used:
        assert await is_there(used)
    copies.drop()
    assert not await is_there(used)
