"""Which role is an account's own after the upgrade, and is everybody recomputed as before?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import Connection, MetaData, insert

from contracts.downstream.accounts import ListedAccount
from contracts.rules import DashboardRules, Role
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DOWNSTREAM
from tests.drivers.people import (
    WORKSPACE,
    Rules,
    dashboard,
    joiner,
    moved,
    renamed,
    resynced,
    role_map,
)
from tests.drivers.platform import Platform
from tests.migrations.dumps import Dump, rows_in, tables_in
from tests.migrations.history import migrate_to
from tests.servers.migrated import NewDatabase
from worker.dialects import DownstreamDatabase

OTHERS = "mallory@evil.test"
NOTHING = DashboardRules()
MAPPED = dashboard(Role.VIEWER, IT=Role.ADMIN)

BEFORE = {
    # address: role, and the role that was found or given first, where an identity holds it
    "mapped": (Role.ADMIN, Role.VIEWER),
    "lowered": (Role.VIEWER, Role.EDITOR),
    "linked": (Role.ADMIN, Role.ADMIN),
    "made": (Role.EDITOR, Role.EDITOR),
    "free": (Role.ADMIN, None),
}


Upgraded = tuple[MetaData, Dump]
"""The tables of a downstream after an upgrade, and the rows in them."""


@pytest.fixture(scope="module")
def upgraded() -> dict[str, Upgraded]:
    """Hold what an upgrade has made of the accounts from before, by the dialect of the database."""
    return {}


@pytest.fixture
async def platform(
    new_database_url: NewDatabase, upgraded: dict[str, Upgraded]
) -> AsyncIterator[Platform]:
    """Give a downstream that is as if it were upgraded, with accounts from before."""
    async with _opened(new_database_url(DOWNSTREAM)) as downstream:
        dialect = downstream.writing.dialect.name
        if dialect not in upgraded:
            upgraded[dialect] = await _after_the_upgrade(new_database_url())
        async with downstream.writing.begin() as db:
            await db.run_sync(_put, *upgraded[dialect])
        yield Platform(downstream)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[DownstreamDatabase]:
    reading, writing = open_engines(url)
    yield DownstreamDatabase(reading, writing)
    await reading.dispose()
    await writing.dispose()


async def _after_the_upgrade(url: str) -> Upgraded:
    async with _opened(url) as downstream:
        async with downstream.writing.begin() as db:
            await db.run_sync(migrate_to, DOWNSTREAM, "0001")
            await db.run_sync(_fill)
        await DOWNSTREAM.migrate(downstream.writing)
        async with downstream.reading.connect() as db:
            tables = await db.run_sync(tables_in, DOWNSTREAM)
            return tables, await db.run_sync(rows_in, DOWNSTREAM)


def _put(connection: Connection, tables: MetaData, rows: Dump) -> None:
    for table in tables.sorted_tables:
        if rows[table.name]:
            connection.execute(insert(table), rows[table.name])


def _fill(connection: Connection) -> None:
    tables = tables_in(connection, DOWNSTREAM).tables
    connection.execute(insert(tables["workspaces"]).values(name=WORKSPACE))
    place = {"workspace": WORKSPACE, "portal": "dashboard"}
    accounts = {"groups": [], "removed": False, "created_at": 1} | place
    records = {
        "connection": "okta",
        "applied_version": 1,
        "deactivated_at": 0,
        "deleted": False,
        "correlation_id": "",
    } | place
    for name, (role, found) in BEFORE.items():
        email = f"{name}@acme.test"
        account = {"id": name, "email": email, "email_key": email, "role": role.value}
        connection.execute(insert(tables["accounts"]).values(accounts | account))
        if found is not None:
            record = {"identity": name, "account_id": name, "base_role": found.value}
            connection.execute(insert(tables["sync_records"]).values(records | record))


async def _account(platform: Platform, name: str) -> ListedAccount:
    found = {account.email: account for account in await platform.accounts()}
    return found[f"{name}@acme.test"]


@pytest.mark.parametrize(
    ("name", "own", "maker"),
    [
        ("mapped", Role.VIEWER, "unknown"),
        ("lowered", Role.VIEWER, "unknown"),
        ("linked", Role.ADMIN, "unknown"),
        ("made", Role.EDITOR, "unknown"),
        ("free", Role.ADMIN, "hand"),
    ],
)
async def test_the_own_role_is_the_lower_one_of_first_and_now(
    platform: Platform, name: str, own: Role, maker: str
) -> None:
    account = await _account(platform, name)
    assert (account.own_role, account.made_by, account.released) == (own, maker, False)


@pytest.mark.parametrize(
    ("name", "rules", "groups", "role"),
    [
        ("mapped", MAPPED, (), Role.VIEWER),
        ("mapped", DashboardRules(role_map=role_map(IT=Role.ADMIN)), (), Role.VIEWER),
        ("mapped", NOTHING, (), Role.VIEWER),
        ("made", dashboard(Role.VIEWER), (), Role.VIEWER),
        ("made", MAPPED, ("IT",), Role.ADMIN),
        ("linked", dashboard(Role.VIEWER), (), Role.VIEWER),
    ],
)
async def test_whoever_was_held_is_recomputed_as_before(
    platform: Platform, name: str, rules: Rules, groups: tuple[str, ...], role: Role
) -> None:
    event = joiner(rules, f"{name}@acme.test", name, version=2)
    await platform.apply(moved(event, rules, *groups))
    assert (await _account(platform, name)).role is role
    assert await platform.reasons(name) == []


async def test_what_a_rule_gives_is_renamed_as_before(platform: Platform) -> None:
    rules = dashboard(Role.VIEWER)
    event = joiner(rules, "made@acme.test", "made", version=2)
    await platform.apply(renamed(event, email="new@acme.test"))
    account = await _account(platform, "new")
    assert (account.role, account.own_role) == (Role.VIEWER, Role.VIEWER)
    assert await platform.reasons("made") == []


async def test_an_admin_who_was_linked_by_a_connection_that_gives_nothing_is_protected(
    platform: Platform,
) -> None:
    event = joiner(NOTHING, OTHERS, "linked", version=2)
    await platform.apply(event)
    assert (await _account(platform, "linked")).role is Role.ADMIN
    assert await platform.reasons("linked") == ["protected"]
    await platform.apply(resynced(event, MAPPED))
    assert await platform.reasons("linked") == []


async def test_an_admin_whom_nobody_held_is_protected_like_one_by_hand(platform: Platform) -> None:
    await platform.apply(joiner(dashboard(Role.VIEWER), "free@acme.test", "free"))
    assert (await _account(platform, "free")).role is Role.ADMIN
    assert await platform.reasons("free") == ["protected"]
