"""Whose turn is it? What is due is done by the one process that claims it."""

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import insert_for
from api.directory.tables import Schedule


async def claim(db: AsyncConnection, name: str, now: int, next_at: int) -> bool:
    """Say whether something is due and nobody else has claimed it; it is due again then.

    The first claim of all is not due yet: what starts up has other things to do. Due is also what
    waits for longer than it could: a clock was ahead when it was claimed last.
    """
    table = Schedule.__table__  # type: ignore[attr-defined]
    first = (
        insert_for(db.dialect.name, table)
        .values(name=name, due_at=next_at)
        .on_conflict_do_nothing()
    )
    if (await db.execute(first)).rowcount:
        return False
    due_at = col(Schedule.due_at)
    is_due = or_(due_at <= now, due_at > next_at + (next_at - now))
    due = update(Schedule).where(col(Schedule.name) == name, is_due)
    return (await db.execute(due.values(due_at=next_at))).rowcount > 0
