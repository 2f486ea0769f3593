"""Does a search end in time, and with its client? And is its connection whole again afterwards?"""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from api.directory.dialects import DirectoryDatabase
from api.fairness.share_sizes import ShareSizes
from api.fairness.shares import Shares
from api.fairness.slots import NoSlot
from api.scim.errors import HungUp, SearchTooSlow
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from deploy.databases.engines import open_directory_engines
from tests.drivers.in_process import Ingress, metrics_of_nobody

ENDLESS = {
    "sqlite": (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT sum(x) FROM n"
    ),
    "postgresql": "SELECT pg_sleep(600)",
}


@pytest.fixture
async def transactions(ingress: Ingress, lent_url: str) -> AsyncIterator[Transactions]:
    """Give transactions with one connection for searches."""
    engines = open_directory_engines(lent_url, 1)
    database = DirectoryDatabase(*engines)
    sizes = ShareSizes(searches=1, searches_each=1, patience=0.01)
    shares = Shares(sizes, metrics_of_nobody(), one_writer=database.has_one_writer)
    yield replace(ingress.transactions, database=database, shares=shares)
    for engine in engines:
        await engine.dispose()


class Searching:
    """A search that does not end by itself, and tells when it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, tx: Transaction) -> Any:
        self.begun.set()
        return await tx.db.scalar(text(ENDLESS[tx.dialect]))


async def whole_again(transactions: Transactions) -> None:
    """Search once more: there is one connection, which somebody else might still be at."""

    async def find(tx: Transaction) -> Any:
        return await tx.db.scalar(text("SELECT 1"))

    patient = ShareSizes(searches=1, searches_each=1)
    shares = Shares(patient, metrics_of_nobody(), one_writer=True)
    assert await replace(transactions, search_seconds=60, shares=shares).search(find) == 1
    if transactions.database.has_one_writer:
        return
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
    async with transactions.database.read() as db:
        while await db.scalar(text(f"{active} pg_backend_pid() AND state = 'active'")):
            await asyncio.sleep(0)  # the server ends it in its own time


async def test_a_search_ends_when_its_time_is_over(transactions: Transactions) -> None:
    with pytest.raises(SearchTooSlow):
        await replace(transactions, search_seconds=0.01).search(Searching())
    await whole_again(transactions)


async def test_a_search_ends_when_its_client_hangs_up(transactions: Transactions) -> None:
    searching = Searching()

    async def hung_up() -> None:
        await searching.begun.wait()

    with pytest.raises(HungUp):
        await replace(transactions, search_seconds=600, hung_up=hung_up).search(searching)
    await whole_again(transactions)


async def test_a_search_ends_with_its_request(transactions: Transactions) -> None:
    searching = Searching()
    request = asyncio.ensure_future(replace(transactions, search_seconds=600).search(searching))
    await searching.begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await whole_again(transactions)


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
async def test_a_search_that_is_interrupted_before_it_runs_ends_all_the_same(
    transactions: Transactions,
) -> None:
    loop, prepared, released = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    class Number:
        """A value that is bound to a statement once that was prepared, before it runs."""

        def __conform__(self, _protocol: object) -> int:
            loop.call_soon_threadsafe(prepared.set)
            released.wait()
            return 1

    async def find(tx: Transaction) -> Any:
        return await tx.db.exec_driver_sql(f"{ENDLESS['sqlite']} WHERE x > ?", (Number(),))

    request = asyncio.ensure_future(replace(transactions, search_seconds=600).search(find))
    await prepared.wait()
    request.cancel()
    for _ in range(10):  # by then SQLite was told to interrupt what runs, which is nothing
        await asyncio.sleep(0)
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(request, 30)
    await whole_again(transactions)


async def test_what_a_search_raises_is_raised(transactions: Transactions) -> None:
    async def find(_tx: Transaction) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await transactions.search(find)
    await whole_again(transactions)


async def test_a_search_beyond_the_share_is_told_so(transactions: Transactions) -> None:
    searching = Searching()
    first = asyncio.ensure_future(replace(transactions, search_seconds=600).search(searching))
    await searching.begun.wait()
    with pytest.raises(NoSlot):
        await transactions.search(Searching())
    first.cancel()
    await asyncio.wait({first})
