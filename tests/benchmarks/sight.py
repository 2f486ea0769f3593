"""What has arrived? A look into both databases while the processes work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

LOOK_SECONDS = 0.02
"""Between two looks, as long as they are cheap: they count what they look at, row by row."""

LOOKS_SHARE = 0.05
"""Of the time, what is spent on looking: the databases have other work."""

PATIENCE_SECONDS = 600

MARKED = "SELECT count(*) FROM identities WHERE dirty_lane IS NOT NULL"
CHANGED = "SELECT count(*) FROM identities WHERE version >= $1"
APPLIED = "SELECT count(*) FROM sync_records WHERE applied_version >= $1"
CHANGES = "SELECT id, version, changed_at FROM identities WHERE id = ANY($1)"
APPLICATIONS = """
SELECT identity, applied_version, applied_at FROM sync_records WHERE identity = ANY($1)
"""

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Sight:
    """Counts what is on its way. A moment is given in microseconds, as versions are."""

    directory: Connection
    downstream: Connection

    async def marked(self) -> int:
        """Return how many identities are not published."""
        return int(await self.directory.fetchval(MARKED))

    async def unapplied(self, since: int) -> int:
        """Return how many identities have changed since a moment, and are not there yet."""
        applied = int(await self.downstream.fetchval(APPLIED, since))
        return int(await self.directory.fetchval(CHANGED, since)) - applied

    async def until_published(self) -> float:
        """Wait until nothing is marked; return how many seconds that took."""
        return await _until_none(self.marked)

    async def until_applied(self, since: int) -> float:
        """Wait until all that has changed is applied; return how many seconds that took."""
        return await _until_none(lambda: self.unapplied(since))

    async def until_these_are_applied(self, ids: Sequence[str], since: int) -> None:
        """Wait until some identities, all of which have changed since a moment, are there."""

        async def missing() -> int:
            done = await self.downstream.fetch(APPLICATIONS, ids)
            return len(ids) - len([row for row in done if row["applied_version"] >= since])

        await _until_none(missing)

    async def lags(self, ids: Sequence[str]) -> list[float]:
        """Return the seconds from each one's last change to its application.

        They begin a little before the answer, when the change was stored.
        """
        changes = {row["id"]: row for row in await self.directory.fetch(CHANGES, ids)}
        done = {row["identity"]: row for row in await self.downstream.fetch(APPLICATIONS, ids)}
        assert all(done[it]["applied_version"] == changes[it]["version"] for it in ids)
        return [(done[it]["applied_at"] - changes[it]["changed_at"]) / 1_000_000 for it in ids]


@asynccontextmanager
async def sight(directory_url: str, downstream_url: str) -> AsyncIterator[Sight]:
    """Open both databases."""
    directory = await asyncpg.connect(directory_url)
    downstream = await asyncpg.connect(downstream_url)
    try:
        yield Sight(directory, downstream)
    finally:
        await directory.close()
        await downstream.close()


async def _until_none(count: Callable[[], Awaitable[int]]) -> float:
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            begun = time.perf_counter()
            left = await count()
            seen = time.perf_counter()
            if not left:
                return seen - started
            await asyncio.sleep(max(LOOK_SECONDS, (seen - begun) / LOOKS_SHARE))
