"""Does Muster run behind PgBouncer? With pools for sessions, and otherwise as it comes."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.databases.engines import open_directory_engines
from deploy.databases.migrations import DIRECTORY
from deploy.databases.postgres_sessions import SESSION_SETTINGS
from tests.servers.migrated import NewDatabase
from tests.servers.pgbouncer import pgbouncer
from tests.servers.services import ServiceUnavailable

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True),
]


@pytest.fixture
def pooled_url(new_database_url: NewDatabase) -> Iterator[str]:
    """Give an empty database through PgBouncer, or skip the test."""
    try:
        with pgbouncer(new_database_url()) as url:
            yield url.render_as_string(hide_password=False)
    except ServiceUnavailable as reason:
        pytest.skip(str(reason))


async def _settings_of(engine: AsyncEngine) -> dict[str, str]:
    async with engine.connect() as db:
        shown = [(name, await db.exec_driver_sql(f"SHOW {name}")) for name in SESSION_SETTINGS]
    return {name: answer.scalar_one() for name, answer in shown}


async def test_a_database_is_migrated_and_read_through_it(pooled_url: str) -> None:
    engines = open_directory_engines(pooled_url, searches=1)
    _, writing, *_ = engines
    try:
        await DIRECTORY.migrate(writing)
        for engine in engines:
            assert await DIRECTORY.is_current(engine)
    finally:
        for engine in engines:
            await engine.dispose()


async def test_every_session_has_what_muster_sets_though_another_had_its_place(
    pooled_url: str,
) -> None:
    for _ in range(2):  # the second time, the server's session is the one that was reset
        engines = open_directory_engines(pooled_url, searches=1)
        for engine in engines:
            found = await _settings_of(engine)
            await engine.dispose()
            assert found == {name: _shown(value) for name, value in SESSION_SETTINGS.items()}


def _shown(value: str) -> str:
    return {"60s": "1min"}.get(value, value)
