"""Are keys in Python's order? The databases of these tests have the order of a dictionary."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from contracts.downstream.sync_states import KnownIdentity
from contracts.rules import Portal
from tests.drivers.people import STORE, joiner
from tests.drivers.platform import Platform
from tests.servers.migrated import PostgresTemplates
from tests.servers.postgres import PostgresServer
from worker.sync.load import make_then_lock
from worker.sync.lock_at_once import make_and_lock
from worker.sync.states import StoredSyncStates

NAMES = ["B", "a-b", "ab", "a", "z", "é", "Ä", "_", "a-c"]
IN_ORDER = sorted(NAMES)
PAGE = 2


@pytest.fixture(scope="module")
def postgres_templates(postgres_server: PostgresServer) -> Iterator[PostgresTemplates]:
    """Give databases in whose order of texts no key may be."""
    with ExitStack() as kept:
        yield PostgresTemplates(replace(postgres_server, linguistic=True), kept)


async def test_names_are_listed_in_one_order_on_every_database(platform: Platform) -> None:
    inventory = platform.inventory
    for name in NAMES:
        await inventory.workspaces.ensure_workspace(name)
        await inventory.policies.add("a", name)
        await inventory.devices.add("a", name)
        await inventory.accounts.add("a", Portal.STORE, f"{name}@a.test")
    assert list(await inventory.workspaces.names()) == IN_ORDER
    assert list(await inventory.policies.of_workspace("a")) == IN_ORDER
    serials, after = [], None
    while True:
        page = await inventory.devices.page("a", after=after, most=PAGE)
        serials += [device.serial for device in page.items]
        if (after := page.next) is None:
            break
    assert serials == IN_ORDER
    emails = [it.email async for it in inventory.accounts.of_workspace("a")]
    assert emails == sorted((f"{name}@a.test" for name in NAMES), key=str.casefold)


async def test_records_are_locked_and_read_in_the_order_in_which_they_are_made(
    platform: Platform,
) -> None:
    downstream = platform.database
    events = [joiner(STORE, f"{name}@a.test", name) for name in NAMES]
    await platform.apply(*events)
    async with downstream.write() as db:
        assert [row[1] for row in await make_then_lock(db, events)] == IN_ORDER
        if db.dialect.name == "postgresql":
            assert [row[1] for row in await make_and_lock(db, events)] == IN_ORDER
    states, read = StoredSyncStates(downstream), list[KnownIdentity]()
    while page := await states.held(read[-1] if read else None, PAGE):
        read += page
    assert [it.identity for it in read] == IN_ORDER
