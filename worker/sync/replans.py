"""Which refused identities are planned again, and when? Their sync records have a due time."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, Update, bindparam, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.dialects import TEXTS, is_among
from worker.hot_statements import run_kept
from worker.planning.facts import IdentityKey
from worker.sync.mapping import RECORDS, REFUSALS, key_of, of_identities

SWEEP_SECONDS = 600
"""Seconds after which a refused identity is planned again even if no obstacle was freed."""

MOST_FREED = 1_000
"""Identities made due for one obstacle: an e-mail can have one holder, though a provider may push
it a hundred thousand times. All others are due after ``SWEEP_SECONDS``."""

LONGEST_WAIT = 2 * SWEEP_SECONDS * 1_000_000
"""Microseconds until a record is due at most; twice the sweep, because clocks differ."""

OBSTACLES = bindparam("obstacles", type_=TEXTS)
MOMENT = bindparam("moment", type_=BigInteger)
"""Parameters of the statements that are kept."""

RECORD_KEY = tuple_(RECORDS.c.connection, RECORDS.c.identity)


async def mark_freed(db: AsyncConnection, obstacles: Collection[str], now: int) -> int:
    """Make the identities due that wait for these obstacles; return their number.

    At most ``MOST_FREED`` are made due for each obstacle. Records that another worker has locked
    are skipped: that worker will read the changed rows after this transaction, or finds a stale
    event and makes the identity due itself.
    """
    if not obstacles:
        return 0
    parameters = {"obstacles": sorted(obstacles), "moment": now}
    return len(await run_kept(db, _marking_statement(), parameters))


async def find_stored(
    db: AsyncConnection, obstacles: Collection[str], keys: Collection[IdentityKey]
) -> list[tuple[IdentityKey, str]]:
    """Return the refused identities that wait for these obstacles, or have one of these keys.

    Each comes with its stored event. For one obstacle, the list has at most ``MOST_FREED``.
    """
    if not (obstacles or keys):
        return []
    found = or_(RECORD_KEY.in_(_waiting()), of_identities(RECORDS, keys))
    statement = select(RECORDS.c.connection, RECORDS.c.identity, RECORDS.c.event)
    statement = statement.where(found, RECORDS.c.event.is_not(None))
    rows = (await db.execute(statement, {"obstacles": sorted(obstacles)})).mappings()
    return [(key_of(row), row["event"]) for row in rows]


def _waiting() -> Select[Any]:
    """Return the statement that selects identities by obstacle, at most ``MOST_FREED`` each."""
    key = (REFUSALS.c.connection, REFUSALS.c.identity)
    rank = func.row_number().over(partition_by=REFUSALS.c.obstacle, order_by=key)
    ranks = select(*key, rank.label("rank")).where(is_among(REFUSALS.c.obstacle, OBSTACLES))
    ranked = ranks.subquery("ranked").c
    return select(ranked.connection, ranked.identity).where(ranked.rank <= MOST_FREED)


@cache
def _marking_statement() -> Update:
    unlocked = (
        select(RECORDS.c.connection, RECORDS.c.identity)
        .where(
            RECORD_KEY.in_(_waiting()),
            or_(RECORDS.c.replan_at.is_(None), RECORDS.c.replan_at > MOMENT),
        )
        .order_by(RECORDS.c.connection, RECORDS.c.identity)
        .with_for_update(skip_locked=True)
    )
    marking = update(RECORDS).where(RECORD_KEY.in_(unlocked)).values(replan_at=MOMENT)
    return marking.returning(RECORDS.c.identity)


async def mark_refused(db: AsyncConnection, keys: Collection[IdentityKey], at: int) -> None:
    """Make refused identities, whose records are locked, due at a time in microseconds."""
    if keys:
        refused = of_identities(RECORDS, keys)
        await db.execute(update(RECORDS).where(refused).values(replan_at=at))


async def find_due(db: AsyncConnection, now: int, most: int) -> list[tuple[IdentityKey, str]]:
    """Return due identities with their stored events, the longest due first, without locks.

    A due time too far ahead counts as due: the clock was wrong when the time was written.
    """
    parameters = {"moment": now, "latest": now + LONGEST_WAIT, "most": most}
    rows = (await db.execute(_due_statement(), parameters)).mappings().all()
    return [(key_of(row), row["event"]) for row in rows]


@cache
def _due_statement() -> Select[Any]:
    """Return the statement of ``find_due``, which every worker runs each second.

    It selects the identities that are due, or whose due time lies too far ahead.
    """
    latest = bindparam("latest", type_=BigInteger)
    is_due = or_(RECORDS.c.replan_at <= MOMENT, RECORDS.c.replan_at > latest)
    return (
        select(RECORDS.c.connection, RECORDS.c.identity, RECORDS.c.event)
        .where(is_due, RECORDS.c.event.is_not(None))
        .order_by(RECORDS.c.replan_at)
        .limit(bindparam("most", type_=BigInteger))
    )
