"""Which process runs a scheduled job? The first process that claims a due job runs it."""

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import insert_for
from api.directory.tables import Schedule


async def claim(db: AsyncConnection, name: str, now: int, next_at: int) -> bool:
    """Claim a job, and return whether it was due and no other process had claimed it.

    The first claim only schedules the job: a process that starts up has other work. A job that
    waits for longer than its interval is due as well: a clock was ahead at its last claim.

    :param next_at: when the job is due again, in microseconds.
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
