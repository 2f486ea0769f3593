"""How many refusals and failures stand at present? By reason and by kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.platforms.sql.mapping import FAILURES, REFUSALS


@dataclass(frozen=True, slots=True)
class Standing:
    """Refused actions by their reason, failed identities by the kind of their failure."""

    refusals: Mapping[str, int]
    failures: Mapping[str, int]


async def count_standing(db: AsyncConnection) -> Standing:
    """Count what waits for an obstacle, or for somebody who looks at it."""
    reasons = select(REFUSALS.c.reason, func.count()).group_by(REFUSALS.c.reason)
    kinds = select(FAILURES.c.kind, func.count()).group_by(FAILURES.c.kind)
    return Standing(dict((await db.execute(reasons)).all()), dict((await db.execute(kinds)).all()))
