"""Do the worker's statements at once do what the plain ones do? In any state."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal, Role
from deploy.databases.engines import open_engines
from tests.drivers.examples import examples
from tests.drivers.people import STORE, joiner
from worker.planning.facts import Account, Address, IdentityKey, key_of_event
from worker.platforms.sql.accounts_at_once import lock_accounts
from worker.platforms.sql.load import lock_accounts_plainly
from worker.platforms.sql.mapping import ACCOUNT_COLUMNS, ACCOUNTS, account_of, account_row
from worker.platforms.sql.save import CHANGED
from worker.put_rows import put_rows
from worker.sync.load import make_then_lock
from worker.sync.lock_at_once import make_and_lock
from worker.sync.mapping import FAILURES, RECORDS
from worker.sync.save_records import write_and_forget, write_then_forget

on_postgres = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
"""The database that has statements of its own; what is put is the same on both."""

tried = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

NAMES = st.sampled_from(["ada", "Ben", "b\\e\"n'", "{c},", "é", "null", ""])
KEYS = st.builds(IdentityKey, st.sampled_from(["okta", "entra"]), NAMES)
MANY_KEYS = st.sets(KEYS, min_size=1)
VERSIONS = st.integers(0, 3)
ADDRESSES = st.tuples(
    st.sampled_from(["acme", "globex"]), st.sampled_from(["store", "mdm"]), NAMES.filter(bool)
)
ACCOUNTS_OF_PEOPLE = st.builds(
    Account,
    st.just(""),
    st.just("acme"),
    st.sampled_from(Portal),
    st.none() | NAMES,
    st.none() | NAMES,
    st.none() | NAMES,
    st.none() | NAMES,
    st.none() | NAMES,
    st.none() | st.sampled_from(Role),
    st.lists(NAMES).map(tuple),
    st.booleans(),
    st.none() | st.sampled_from(Role),
    st.none() | NAMES,
    st.booleans(),
)


Check = Callable[[AsyncConnection], Awaitable[None]]


@pytest.fixture
def undone(downstream_url: str) -> Iterator[Callable[[Check], None]]:
    """Give what runs a check in a transaction that leaves nothing."""
    with asyncio.Runner() as runner:
        reading, writing = runner.run(opened(downstream_url))

        async def run(check: Check) -> None:
            async with writing.connect() as db:
                transaction = await db.begin()
                await check(db)
                await transaction.rollback()

        yield lambda check: runner.run(run(check))
        runner.run(reading.dispose())
        runner.run(writing.dispose())


async def opened(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    return open_engines(url)


Undone = Callable[[Check], None]
Way = Callable[[AsyncConnection], Awaitable[Sequence[Sequence[Any]]]]


async def result_and_rows(db: AsyncConnection, way: Way) -> tuple[list[Any], ...]:
    """Return what a statement gives, and the records and failures that it leaves; undo it."""
    async with db.begin_nested() as savepoint:
        given = [tuple(row) for row in await way(db)]
        records = [tuple(row) for row in await db.execute(select(RECORDS))]
        failures = [tuple(row) for row in await db.execute(select(FAILURES))]
        await savepoint.rollback()
    by_key = itemgetter(0, 1)
    return sorted(given, key=by_key), sorted(records, key=by_key), sorted(failures, key=by_key)


def event_of(key: IdentityKey) -> IdentityChanged:
    return joiner(STORE, None, key.identity).model_copy(update={"connection": key.connection})


def record_row(key: IdentityKey, version: int, number: int) -> tuple[Any, ...]:
    """Return a row of the table of records, of which every third is refused."""
    event = "{}" if number % 3 == 0 else None
    account = None if number % 2 else f"account-{number}"
    of_workspace = key.identity, key.connection, "acme", "store"
    return (*of_workspace, version, 7, 1, account, None, False, event, "?", None, "a@b", version)


async def store(db: AsyncConnection, records: dict[IdentityKey, int]) -> None:
    for number, (key, version) in enumerate(sorted(records.items())):
        await db.execute(insert(RECORDS).values(record_row(key, version, number)))


@on_postgres
@tried
@given(stored=st.dictionaries(KEYS, VERSIONS), keys=MANY_KEYS)
def test_records_are_made_and_locked(
    undone: Undone, stored: dict[IdentityKey, int], keys: set[IdentityKey]
) -> None:
    events = sorted(map(event_of, keys), key=key_of_event)

    async def check(db: AsyncConnection) -> None:
        await store(db, stored)
        at_once = await result_and_rows(db, lambda db: make_and_lock(db, events))
        assert at_once == await result_and_rows(db, lambda db: make_then_lock(db, events))
        assert {IdentityKey(*row[:2]) for row in at_once[0]} == keys

    undone(check)


@on_postgres
@tried
@given(
    stored=st.dictionaries(KEYS, VERSIONS, min_size=1),
    versions=st.lists(VERSIONS, min_size=15, max_size=15),
    failed=st.dictionaries(KEYS, VERSIONS),
    data=st.data(),
)
def test_records_are_written_and_failures_forgotten(
    undone: Undone,
    stored: dict[IdentityKey, int],
    versions: list[int],
    failed: dict[IdentityKey, int],
    data: st.DataObject,
) -> None:
    written = data.draw(st.sets(st.sampled_from(sorted(stored)), min_size=1))
    rows = [record_row(key, versions[n], n + 1) for n, key in enumerate(sorted(written))]
    rows = [(*row[:7], None, *row[8:]) for row in rows]  # no account has two holders

    async def at_once(db: AsyncConnection) -> Sequence[Any]:
        await write_and_forget(db, rows)
        return ()

    async def plainly(db: AsyncConnection) -> Sequence[Any]:
        await write_then_forget(db, rows)
        return ()

    async def check(db: AsyncConnection) -> None:
        await store(db, stored)
        for key, version in failed.items():
            values = (key.identity, key.connection, "exhausted", "?", 1, 2, 3, version, "?")
            await db.execute(insert(FAILURES).values(values))
        assert await result_and_rows(db, at_once) == await result_and_rows(db, plainly)

    undone(check)


@on_postgres
@tried
@given(stored=st.sets(ADDRESSES), ids=st.sets(st.integers(0, 12)), addresses=st.sets(ADDRESSES))
def test_accounts_are_found_by_id_and_by_address(
    undone: Undone, stored: set[Address], ids: set[int], addresses: set[Address]
) -> None:
    async def check(db: AsyncConnection) -> None:
        for number, (workspace, portal, key) in enumerate(sorted(stored)):
            account = Account(str(number), workspace, Portal(portal), key, groups=("é", '"'))
            row = account_row(account, 1)
            await db.execute(insert(ACCOUNTS).values((*row[:4], key, *row[5:])))
        names = [str(number) for number in sorted(ids)]
        at_once = await lock_accounts(db, names, addresses)
        plainly = await lock_accounts_plainly(db, names, addresses)
        assert list(map(account_of, at_once)) == list(map(account_of, plainly))

    undone(check)


@tried
@given(st.lists(ACCOUNTS_OF_PEOPLE, min_size=1, max_size=4), st.randoms())
def test_rows_are_put_and_changed_as_they_are(
    undone: Undone, accounts: list[Account], random: Random
) -> None:
    changed = random.sample(accounts, len(accounts))

    async def put(db: AsyncConnection, values: list[Account]) -> list[Account]:
        """Put accounts under numbers, with their own roles; return what is stored."""
        rows = [account_row(replace(it, id=str(n)), 1) for n, it in enumerate(values)]
        rows = [(*row[:4], f"{n}@acme.test", *row[5:]) for n, row in enumerate(rows)]
        await put_rows(db, ACCOUNTS, rows, change=CHANGED)
        stored = await db.execute(select(*ACCOUNT_COLUMNS).order_by(ACCOUNTS.c.id))
        return list(map(account_of, stored))

    async def check(db: AsyncConnection) -> None:
        for values in (accounts, changed):
            kept = [(str(n), it.portal) for n, it in enumerate(accounts)]
            assert await put(db, values) == [
                replace(it, id=id_, portal=portal, own_role=it.own_role or it.role)
                for it, (id_, portal) in zip(values, kept, strict=True)
            ]

    undone(check)
