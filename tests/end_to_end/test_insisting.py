"""Does a second SIGTERM end a process at once, and is nothing lost by it?"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.drivers.installation import Installation, insist
from tests.drivers.okta import Tally, app_for
from tests.readings.promises import check_invariants
from tests.readings.stored import Stores

KILLED_BY_INSISTING = 128 + signal.SIGTERM
WAIT_SECONDS = 20

CREATES = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:name AS regclass)"


async def test_another_worker_does_what_the_one_was_at(
    installation: Installation, stores: Stores
) -> None:
    opened = await installation.connect("impatient", "store", *CREATES)
    async with (
        installation.apis(1) as origins,
        app_for(opened, "impatient", "store", origins, Tally()) as app,
    ):
        async with (
            installation.workers(1) as [worker],
            locked(stores.downstream, "accounts"),
        ):
            await asyncio.gather(*(app.assign(f"person-{number}") for number in range(20)))
            await somebody_waits_for(stores.downstream, "accounts")
            assert await insist(worker) == KILLED_BY_INSISTING
        async with installation.workers(1):
            check_invariants(await stores.settled(), [app])


async def test_what_the_api_did_not_acknowledge_is_pushed_again_to_another_one(
    installation: Installation, stores: Stores
) -> None:
    opened = await installation.connect("hasty", "store", *CREATES)
    async with installation.apis(2) as apis, installation.workers(1):
        first, second = apis
        async with (
            locked(stores.directory, "users"),
            app_for(opened, "hasty", "store", [first], Tally()) as app,
            asyncio.TaskGroup() as tasks,
        ):
            push = tasks.create_task(fails(app.assign("ada")))
            await somebody_waits_for(stores.directory, "users")
            assert await insist(apis[first]) == KILLED_BY_INSISTING
            await push
        async with app_for(opened, "hasty", "store", [second], Tally()) as app:
            await app.assign("ada")
            check_invariants(await stores.settled(), [app])


async def fails(push: Awaitable[object]) -> None:
    """Wait until a push has failed without an answer."""
    with pytest.raises(httpx2.TransportError):
        await push


@asynccontextmanager
async def locked(database: AsyncEngine, table: str) -> AsyncIterator[None]:
    """Keep everybody else from a table."""
    async with database.begin() as db:
        await db.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield


async def somebody_waits_for(database: AsyncEngine, table: str) -> None:
    """Return once somebody is held up by the lock, with work in hand."""
    async with asyncio.timeout(WAIT_SECONDS), database.connect() as db:
        while not await db.scalar(text(WAITING), {"name": table}):
            await asyncio.sleep(0.05)
