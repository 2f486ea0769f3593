"""When are users counted? A task counts them in the background, soon after some were written.

Any number of processes may do it: of those that count the same range at once, one succeeds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import randrange

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from api.directory.count_ranges import (
    add_changes,
    count_ranges,
    drop_ranges,
    has_many_changes,
    is_ahead,
    is_long_uncounted,
    is_right,
)
from api.directory.dialects import DirectoryDatabase, settled_before
from api.directory.tables import Connection
from contracts.database_errors import Meaning, meaning_of
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
"""How often a process looks at the connections that it has written to."""

RANGE_SIZE = 2_000
"""Users of a range when it is counted. A page begins at most so many users behind the end of one,
which a database skips in a millisecond; and a million users are 500 ranges to add up."""

RANGES_AT_ONCE = 10
"""Ranges that one transaction counts, so that it takes milliseconds."""

MANY_CHANGES = 200
"""Changes that are added to their ranges; fewer are added up by each page."""

TURNS = 1_000_000
"""More turns than a connection has ranges."""


@dataclass(frozen=True, slots=True)
class UserCounting:
    """Counts the users of the connections that this process has written to."""

    database: DirectoryDatabase
    range_size: int = RANGE_SIZE
    many_changes: int = MANY_CHANGES
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    written: set[str] = field(default_factory=set)
    turns: dict[str, int] = field(default_factory=dict)
    """The next turn of each connection's ranges to be counted again."""

    def note(self, connection_id: str) -> None:
        """Note that users of a connection may have been written."""
        self.written.add(connection_id)

    async def run(self) -> None:
        """Count all users not counted yet, then those that are written, until cancelled."""
        is_started = False
        while True:
            try:
                if not is_started:
                    self.written.update(await self._connections())
                    is_started = True
                await self.look()
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                LOG.warning("counting_users_failed", error=told_of(error))
            await self.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Count the users written; look again later where a transaction is still open."""
        failed: Exception | None = None
        for connection_id in sorted(self.written):
            self.written.discard(connection_id)
            try:
                await self._count(connection_id)
            except Exception as error:  # noqa: BLE001 - no error of one connection concerns another
                self.written.add(connection_id)
                failed = failed if _was_rivalled(error) else error
        if failed is not None:
            raise failed

    async def _count(self, connection_id: str) -> None:
        async with self.database.read() as db:
            is_long = await is_long_uncounted(db, connection_id, self.range_size)
            has_many = await has_many_changes(db, connection_id, self.many_changes)
            before = await settled_before(db) if is_long else 0
            was_set_back = await is_ahead(db, connection_id)
        if was_set_back:
            await self._drop(connection_id)
            return
        if is_long:
            await self._count_ranges(connection_id, before)
        if has_many:
            async with self.database.write_in_snapshot() as db:
                await add_changes(db, connection_id)
        if is_long or has_many:
            await self._check(connection_id)

    async def _count_ranges(self, connection_id: str, before: int) -> None:
        counted = RANGES_AT_ONCE
        while counted == RANGES_AT_ONCE:
            async with self.database.write_in_snapshot() as db:
                counted = await count_ranges(
                    db, connection_id, before, self.range_size, RANGES_AT_ONCE
                )
        async with self.database.read() as db:
            if await is_long_uncounted(db, connection_id, self.range_size):
                self.written.add(connection_id)

    async def _check(self, connection_id: str) -> None:
        turn = self.turns.get(connection_id)
        if turn is None:  # anywhere, so that no range is left out by processes that start often
            turn = randrange(TURNS)  # noqa: S311 - no secret
        self.turns[connection_id] = turn + 1
        async with self.database.read() as db:
            if await is_right(db, connection_id, turn):
                return
        await self._drop(connection_id)

    async def _drop(self, connection_id: str) -> None:
        LOG.warning("users_counted_anew", connection=connection_id)
        async with self.database.write_in_snapshot() as db:
            await drop_ranges(db, connection_id)
        self.written.add(connection_id)

    async def _connections(self) -> list[str]:
        async with self.database.read() as db:
            return list(await db.scalars(select(col(Connection.id))))


def _was_rivalled(error: Exception) -> bool:
    """Return whether another process has counted the same users at the same time."""
    return isinstance(error, IntegrityError) or meaning_of(error) is Meaning.RIVAL
