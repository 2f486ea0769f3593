"""When does the request log forget? Every api process deletes slices after seven days.

Processes may do so at the same time: each deletes the rows that are still there.
"""

from dataclasses import dataclass, field
from random import uniform

from sqlalchemy import delete, select

from api.directory.administration_tables import RateShare
from api.directory.dialects import DirectoryDatabase, is_among
from api.directory.tables import ApiTable
from api.requests.log import REQUESTS
from contracts.clock import Clock, now

RATES = ApiTable.metadata.tables[str(RateShare.__tablename__)]

KEPT = 7 * 24 * 3600 * 1_000_000
"""Microseconds for which a request is kept."""

EVERY = 3600 * 1_000_000
"""Microseconds between two looks, once all rows are deleted that are too old."""

ROWS_AT_ONCE = 1_000
SLICES_AT_ONCE = 5
"""Slices of one call: more than a process can write in a second, and some ten milliseconds."""


def _first_look() -> int:
    return now() + int(uniform(60, 600) * 1_000_000)  # noqa: S311 - no secret


@dataclass(slots=True)
class Forgetting:
    """Deletes requests of more than seven days ago, and shares of rates of an hour ago.

    The first look is some minutes after the start.
    """

    database: DirectoryDatabase
    clock: Clock = now
    due_at: int = field(default_factory=_first_look)

    async def look(self) -> int:
        """Delete some slices if that is due, and return the number of rows that were deleted."""
        if self.clock() < self.due_at:
            return 0
        deleted = 0
        for _ in range(SLICES_AT_ONCE):
            gone = await self._delete_slice()
            deleted += gone
            if gone < ROWS_AT_ONCE:
                await self._forget_rates()
                self.due_at = self.clock() + EVERY
                break
        return deleted

    async def _forget_rates(self) -> None:
        """Delete the shares of rates of long ago, which are few rows."""
        async with self.database.write_at_once() as db:
            await db.execute(delete(RATES).where(RATES.c.at < self.clock() - EVERY))

    async def _delete_slice(self) -> int:
        too_old = REQUESTS.c.at < self.clock() - KEPT
        oldest = select(REQUESTS.c.number).where(too_old).order_by(REQUESTS.c.at)
        statement = delete(REQUESTS).where(is_among(REQUESTS.c.number, oldest.limit(ROWS_AT_ONCE)))
        async with self.database.write_at_once() as db:
            return (await db.execute(statement)).rowcount
