"""What has arrived? A look into both databases while the processes work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

LOOK_SECONDS = 0.02
"""Between two looks, as long as they are cheap: they count what they look at, row by row."""

LOOKS_SHARE = 0.05
"""Of the time, what is spent on looking: the databases have other work."""

PATIENCE_SECONDS = 600

DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}

MARKED = text("SELECT count(*) FROM identities WHERE dirty_lane IS NOT NULL")
CHANGED = text("SELECT count(*) FROM identities WHERE version >= :since")
APPLIED = text("SELECT count(*) FROM sync_records WHERE applied_version >= :since")
VERSIONS = text("SELECT id, version FROM identities WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
APPLIED_VERSIONS = text(
    "SELECT identity, applied_version FROM sync_records WHERE identity IN :ids"
).bindparams(bindparam("ids", expanding=True))


@dataclass(frozen=True, slots=True)
class Sight:
    """Counts what is on its way. A moment is given in microseconds, as versions are."""

    directory: AsyncConnection
    downstream: AsyncConnection

    async def marked(self) -> int:
        """Return how many identities are not published."""
        return int(await self.directory.scalar(MARKED) or 0)

    async def unapplied(self, since: int) -> int:
        """Return how many identities have changed since a moment, and are not committed there."""
        applied = int(await self.downstream.scalar(APPLIED, {"since": since}) or 0)
        return int(await self.directory.scalar(CHANGED, {"since": since}) or 0) - applied

    async def until_published(self) -> float:
        """Wait until nothing is marked; return how many seconds that took."""
        return await _until_none(self.marked)

    async def until_applied(self, since: int) -> float:
        """Wait until all that has changed is applied; return how many seconds that took."""
        return await _until_none(lambda: self.unapplied(since))

    async def until_these_are_applied(self, ids: Sequence[str]) -> None:
        """Wait until the newest versions of some identities are there."""
        newest = await self.versions(ids)

        async def missing() -> int:
            done = await _rows(self.downstream, APPLIED_VERSIONS, ids)
            return len([it for it, version in newest.items() if done.get(it, 0) < version])

        await _until_none(missing)

    async def versions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return the newest version of each of some identities."""
        return await _rows(self.directory, VERSIONS, ids)


def moment() -> int:
    """Return the present moment in microseconds."""
    return time.time_ns() // 1_000


@asynccontextmanager
async def sight(directory_url: str, downstream_url: str) -> AsyncIterator[Sight]:
    """Open both databases."""
    async with onlooker(directory_url) as directory, onlooker(downstream_url) as downstream:
        yield Sight(directory, downstream)


@asynccontextmanager
async def onlooker(url: str) -> AsyncIterator[AsyncConnection]:
    """Open a database so that each statement sees all that is committed."""
    parsed = make_url(url)
    engine = create_async_engine(
        parsed.set(drivername=DRIVERS[parsed.get_backend_name()]), isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def _rows(connection: AsyncConnection, statement: Any, ids: Sequence[str]) -> dict[str, int]:
    return {row[0]: row[1] for row in await connection.execute(statement, {"ids": list(ids)})}


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
