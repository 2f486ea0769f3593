"""What if a session is stale that was opened for a checkout? Who retries learns what it means."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.database_errors import Meaning, meaning_of
from deploy.databases.engines import open_directory_engines
from tests.servers.migrated import NewDatabase

pytestmark = pytest.mark.postgres
on_postgres = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)

ENGINES = ("reading", "writing", "searching", "hot")


@pytest.fixture
async def engines(new_database_url: NewDatabase) -> AsyncIterator[dict[str, AsyncEngine]]:
    opened = open_directory_engines(new_database_url(), searches=2)
    yield dict(zip(ENGINES, opened, strict=True))
    for engine in opened:
        await engine.dispose()


async def ask(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        await db.execute(text("SELECT 1"))


def end_each(engine: AsyncEngine) -> None:
    """Let every session end that is opened from now on, before anything is asked of it."""

    @event.listens_for(engine.sync_engine, "connect")
    def _end(connection: Any, _record: object) -> None:
        connection.driver_connection.terminate()


@on_postgres
@pytest.mark.parametrize("name", ENGINES)
async def test_a_server_that_ends_each_session_is_away(
    engines: dict[str, AsyncEngine], name: str
) -> None:
    engine = engines[name]
    await ask(engine)
    end_each(engine)
    async with engine.connect() as db:
        raw: Any = (await db.get_raw_connection()).driver_connection
    raw.terminate()  # which rests in the pool
    for _ in range(2):
        with pytest.raises(Exception, match="closed") as caught:
            await ask(engine)
        assert meaning_of(caught.value) is Meaning.AWAY
