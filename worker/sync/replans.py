"""Which refused identities are planned again, and when? Marks on their sync records."""

from collections.abc import Collection

from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.dialects import is_among
from worker.planning.facts import IdentityKey
from worker.platforms.sql.mapping import RECORDS, REFUSALS, key_of, of_identities

SWEEP_SECONDS = 600
"""After how long a refused action is tried again even if nothing seems to have changed."""

MOST_FREED = 1_000
"""Of those who wait for the same: an e-mail can have one holder, though a provider may push it a
hundred thousand times. The others' turn comes by themselves, after ``SWEEP_SECONDS``."""

LONGEST_WAIT = 2 * SWEEP_SECONDS * 1_000_000
"""Microseconds; twice, because clocks differ."""

NAME = tuple_(RECORDS.c.connection, RECORDS.c.identity)


async def mark_freed(db: AsyncConnection, obstacles: Collection[str], now: int) -> int:
    """Make due who waits for one of these obstacles; return how many there are.

    Others must not wait for long because many wait for the same.
    Records that another worker has locked are left out: it waits in turn for the lock on what
    changed here, and so plans with the new facts, or finds a stale event and makes it due itself.
    """
    if not obstacles:
        return 0
    place = func.row_number().over(
        partition_by=REFUSALS.c.obstacle, order_by=(REFUSALS.c.connection, REFUSALS.c.identity)
    )
    who = (REFUSALS.c.connection, REFUSALS.c.identity)
    queues = select(*who, place.label("place")).where(is_among(REFUSALS.c.obstacle, obstacles))
    queued = queues.subquery("queued").c
    waiting = select(queued.connection, queued.identity).where(queued.place <= MOST_FREED)
    free = (
        select(RECORDS.c.connection, RECORDS.c.identity)
        .where(NAME.in_(waiting), or_(RECORDS.c.replan_at.is_(None), RECORDS.c.replan_at > now))
        .order_by(RECORDS.c.connection, RECORDS.c.identity)
        .with_for_update(skip_locked=True)
    )
    marked = await db.execute(update(RECORDS).where(NAME.in_(free)).values(replan_at=now))
    return marked.rowcount


async def mark_refused(db: AsyncConnection, keys: Collection[IdentityKey], at: int) -> None:
    """Make refused identities, whose locks are held, due at a time."""
    if keys:
        which = of_identities(RECORDS, keys)
        await db.execute(update(RECORDS).where(which).values(replan_at=at))


async def find_due(db: AsyncConnection, now: int, most: int) -> list[tuple[IdentityKey, str]]:
    """Return who is due, longest first, with the event to plan again. Nothing is locked.

    Due is also who waits for longer than anybody could: a clock was ahead when that was written.
    """
    is_due = or_(RECORDS.c.replan_at <= now, RECORDS.c.replan_at > now + LONGEST_WAIT)
    statement = (
        select(RECORDS.c.connection, RECORDS.c.identity, RECORDS.c.event)
        .where(is_due, RECORDS.c.event.is_not(None))
        .order_by(RECORDS.c.replan_at)
        .limit(most)
    )
    rows = (await db.execute(statement)).mappings().all()
    return [(key_of(row), row["event"]) for row in rows]
