"""Which marks have waited long enough? Leases and delays that are over make marks ready again.

Every function runs inside the caller's transaction.
"""

from sqlalchemy import ColumnElement, and_, null, or_, select, tuple_
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import Identity
from contracts.topology import RETRY_DELAYS

LONGEST_RETRY_DELAY = RETRY_DELAYS[-1] * 1_000_000
"""The longest delay that a worker asks for, in microseconds."""

READIED_AT_ONCE = 1_000
"""Due marks that one statement makes ready, which takes a few milliseconds."""


async def is_any_due(db: AsyncConnection, now: int, lease: int) -> bool:
    """Return whether ``make_due_ready`` would find a mark, which takes no lock."""
    due = [select(col(Identity.id)).where(it).exists() for it in _due(now, lease)]
    return bool((await db.execute(select(or_(*due)))).scalar_one())


async def make_due_ready(db: AsyncConnection, now: int, lease: int) -> None:
    """Make marks ready that are due, or whose due time is impossible: clocks jump, and differ.

    A mark that waits for longer than any lease or delay got its time from a clock that was ahead.

    :param lease: the length of a lease, in microseconds.
    """
    for due in _due(now, lease):
        await _make_ready(db, due)


def _due(now: int, lease: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return two conditions of due marks, each of which is one range of the index."""
    due_at = col(Identity.due_at)
    too_long = or_(col(Identity.attempts) == 0, due_at > now + lease + LONGEST_RETRY_DELAY)
    return due_at <= now, and_(due_at > now + 2 * lease, too_long)


async def _make_ready(db: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Make marks ready whose due times lie in one range, which is one range of the index."""
    due = (
        select(col(Identity.connection_id), col(Identity.id))
        .where(which)
        .order_by(col(Identity.due_at))
        .limit(READIED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    name = tuple_(col(Identity.connection_id), col(Identity.id))
    await db.execute(update_rows(Identity).where(name.in_(due)).values(due_at=null()))


async def release_all(db: AsyncConnection) -> int:
    """Make every leased or waiting mark ready; return how many there were.

    A process that is the only relay calls this at its start: no relay is left that would settle the
    leases of a predecessor that was killed.
    """
    waiting = update_rows(Identity).where(col(Identity.due_at).is_not(None))
    return (await db.execute(waiting.values(due_at=null()))).rowcount
