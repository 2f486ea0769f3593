"""Does Muster run behind PgBouncer? With pools for sessions, and otherwise as it comes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.admin.actors import COMMAND
from api.admin.list_audit import list_changes
from deploy.administration import administration_of
from deploy.databases.engines import open_directory_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, migrate
from deploy.databases.open_databases import UnusableDatabase, open_databases
from deploy.databases.postgres_sessions import SESSION_SETTINGS
from deploy.settings import Settings
from tests.drivers.both_sides import RULES, installation_on
from tests.servers.migrated import NewDatabase
from tests.servers.pgbouncer import pgbouncer
from tests.servers.services import ServiceUnavailable

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True),
]


@contextmanager
def _pooled(url: str, pool_mode: str) -> Iterator[str]:
    """Yield the URL of a database through PgBouncer, or skip the test."""
    try:
        with pgbouncer(url, pool_mode) as pooled:
            yield pooled.render_as_string(hide_password=False)
    except ServiceUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def pooled_url(new_database_url: NewDatabase) -> Iterator[str]:
    """Give an empty database through pools of sessions."""
    with _pooled(new_database_url(), "session") as url:
        yield url


def _on(url: str) -> Settings:
    """Return the settings with which both sides are in one database."""
    return Settings(directory_database_url=url, downstream_database_url=url)


async def _settings_of(engine: AsyncEngine) -> dict[str, str]:
    async with engine.connect() as db:
        shown = [(name, await db.exec_driver_sql(f"SHOW {name}")) for name in SESSION_SETTINGS]
    return {name: answer.scalar_one() for name, answer in shown}


async def test_people_come_and_go_through_pools_of_sessions(pooled_url: str) -> None:
    settings = _on(pooled_url)
    async with open_databases(settings) as databases:
        await migrate(databases)
        assert await DIRECTORY.is_current(databases.directory.reading)
        assert await DOWNSTREAM.is_current(databases.downstream.reading)
        async with installation_on(databases, RULES) as it:
            ada, bob = [await it.ingress.user(f"{name}@example.com") for name in ("ada", "bob")]
            await it.ingress.group("Weavers", ada, bob)
            await it.deliver()
            gone = {"op": "replace", "path": "active", "value": False}
            assert (await it.ingress.patch(f"/Users/{ada}", gone)).is_success
            await it.deliver(lost=True)
            assert await it.fix() == 1
            await it.deliver()
            assert {each.email for each in await it.accounts() if not each.removed} == {
                "bob@example.com"
            }
            assert (await it.compare()).findings == []
        changes = await list_changes(administration_of(databases, settings), COMMAND)
        assert {"connections.create"} <= {change.action for change in changes}


async def test_pools_of_transactions_are_refused_before_anything_is_done(
    new_database_url: NewDatabase,
) -> None:
    with _pooled(new_database_url(), "transaction") as url:
        with pytest.raises(UnusableDatabase) as refused:
            async with open_databases(_on(url)):
                pass
        assert "MUSTER_DIRECTORY_DATABASE_URL" in str(refused.value)
        assert "pool_mode = session" in str(refused.value)


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
