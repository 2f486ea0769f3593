"""What if a database answers, and does not take what it is given? It is read-only, or held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from tests.faults.distributed.database_faults import FaultDidNotHappen
from tests.faults.distributed.site import Site

HELD = {
    "people": "SELECT FROM sync_records WHERE identity < '8' ORDER BY identity FOR UPDATE",
    "workspace": "SELECT FROM workspaces WHERE name = 'acme' FOR UPDATE",
    "table": "LOCK TABLE accounts IN SHARE MODE",
}
"""What somebody holds downstream: half of all people, the workspace that most are of, or all."""

TRIES, LOCK_TIMEOUT = 30, "2s"
"""Whoever means to hold something waits behind those who work with it, and gives way in time."""

MEETING_SECONDS = 20
WAITING = """
SELECT count(*) FROM pg_locks
WHERE NOT granted AND pid <> pg_backend_pid() AND $1 = ANY(pg_blocking_pids(pid))
"""


async def fail_over_and_back(site: Site, side: str) -> None:
    """Let a side's database be read-only for new sessions, which all have to be, and then not.

    Sessions of the time between lead to the standby for as long as they live.
    """
    async with site.superuser() as admin:
        await admin.execute(f"ALTER DATABASE {side} SET default_transaction_read_only = on")
        try:
            await admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
                side,
            )
            await asyncio.sleep(site.drawn.uniform(1, 3))
        finally:
            await admin.execute(f"ALTER DATABASE {side} RESET default_transaction_read_only")


async def hold(site: Site, what: str) -> None:
    """Hold something downstream until somebody waits for it, and longer than they wait."""
    async with site.superuser("downstream") as holder, site.superuser("downstream") as watcher:
        await holder.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        async with _held(holder, HELD[what]):
            await _until_somebody_waits(watcher, await holder.fetchval("SELECT pg_backend_pid()"))
            await asyncio.sleep(site.drawn.uniform(2, 4))


@asynccontextmanager
async def _held(holder: asyncpg.Connection, statement: str) -> AsyncIterator[None]:
    for _ in range(TRIES):
        transaction = holder.transaction()
        await transaction.start()
        try:
            await holder.execute(statement)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            await transaction.rollback()
            continue
        try:
            yield
        finally:
            await transaction.rollback()
        return
    raise FaultDidNotHappen("nothing could be held")


async def _until_somebody_waits(watcher: asyncpg.Connection, holder: int) -> None:
    for _ in range(MEETING_SECONDS * 10):
        if await watcher.fetchval(WAITING, holder):
            return
        await asyncio.sleep(0.1)
    raise FaultDidNotHappen("nobody has needed what was held")
