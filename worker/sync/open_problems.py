"""How many refusals and failures are open? Each scrape counts them by reason and by kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.sync.mapping import FAILURES, REFUSALS


@dataclass(frozen=True, slots=True)
class OpenProblems:
    """The numbers of refused actions by reason, and of failed identities by kind."""

    refusals: Mapping[str, int]
    failures: Mapping[str, int]


async def count_open_problems(db: AsyncConnection) -> OpenProblems:
    """Count the refusals and failures that are stored at present."""
    reasons = select(REFUSALS.c.reason, func.count()).group_by(REFUSALS.c.reason)
    kinds = select(FAILURES.c.kind, func.count()).group_by(FAILURES.c.kind)
    return OpenProblems(
        dict((await db.execute(reasons)).all()), dict((await db.execute(kinds)).all())
    )
