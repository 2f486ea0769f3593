"""In which steps are ranges of users counted, corrected and dropped? ``count_users`` takes them.

The tests lie in ``tests/integration/api/directory/test_user_ranges.py``.
"""

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory import range_statements
from api.directory.dialects import settled_now
from api.directory.range_statements import LAST, RANGES, START, Place

COUNTING, ALONE = "ROW EXCLUSIVE", "EXCLUSIVE"
"""Locks of the ranges: any number of processes may count at once, but none beside one alone."""


async def is_long_uncounted(db: AsyncConnection, connection_id: str, size: int) -> bool:
    """Return whether there are as many users behind the last range as a range has."""
    created_at, id_ = await _last_end(db, connection_id)
    values = {"connection": connection_id, "created_at": created_at, "id": id_, "skipped": size - 1}
    return (await db.execute(range_statements.user_behind(), values)).first() is not None


async def count_ranges(
    db: AsyncConnection, connection_id: str, settled_before: int, size: int, most: int
) -> int:
    """Count the next ranges, and return their number.

    :param db: a transaction that has seen nothing yet, and then sees one moment.
    :param settled_before: the time before which no open transaction can add users.
    :param size: the users of a range.
    :param most: the most ranges that are counted.
    :raises IntegrityError: when another process counts them at the same time.
    """
    await _lock(db, COUNTING)
    last = await _last_end(db, connection_id)
    of_connection = {"connection": connection_id}
    asked = {
        "created_at": last[0],
        "id": last[1],
        "before": settled_before,
        "size": size,
        "limit": size * most,
    }
    found = await db.execute(range_statements.next_ends(), of_connection | asked)
    ends: list[Place] = [(at, id_) for at, id_ in found]
    if not ends:
        return 0
    rows = [
        {
            "connection_id": connection_id,
            "after_created_at": after[0],
            "after_id": after[1],
            "created_at": end[0],
            "id": end[1],
            "users": size,
        }
        for after, end in zip([last, *ends], ends, strict=False)
    ]
    await db.execute(insert(RANGES), rows)
    await _forget(db, connection_id, last, ends[-1])
    return len(ends)


async def has_many_changes(db: AsyncConnection, connection_id: str, many: int) -> bool:
    """Return whether so many changes were noted."""
    asked = {"connection": connection_id, "skipped": many - 1}
    return (await db.execute(range_statements.one_change(), asked)).first() is not None


async def add_changes(db: AsyncConnection, connection_id: str) -> None:
    """Add the noted changes to their ranges, and forget the notes.

    Notes behind the last range are forgotten, too: no process counts at this moment, and the next
    count finds users as they are then.

    :param db: a transaction that has seen nothing yet, and then sees one moment.
    """
    await _lock(db, ALONE)
    await db.execute(range_statements.added_up(), {"connection": connection_id})
    await _forget(db, connection_id, START, LAST)


async def is_right(db: AsyncConnection, connection_id: str, turn: int) -> bool:
    """Return whether no users lie between ranges, and one range has the number that it tells.

    A number is wrong where the clock of the database was set back, or users were changed while
    triggers were off.

    :param turn: tells which range is counted again. Turns that follow each other reach all.
    """
    of_connection = {"connection": connection_id}
    if (await db.execute(range_statements.gap(), of_connection)).first() is not None:
        return False
    row = (
        await db.execute(range_statements.range_in_turn(), of_connection | {"turn": turn})
    ).first()
    return row is None or row.noted == row.found


async def is_ahead(db: AsyncConnection, connection_id: str) -> bool:
    """Return whether a range ends later than any is counted: the database's clock was set back.

    Users of the present would then come into counted ranges, without a note.
    """
    created_at, _ = await _last_end(db, connection_id)
    return created_at >= await settled_now(db)


async def drop_ranges(db: AsyncConnection, connection_id: str) -> None:
    """Drop the ranges of a connection.

    :param db: a transaction that has seen nothing yet, and then sees one moment.
    """
    await _lock(db, ALONE)
    await db.execute(range_statements.all_ranges(), {"connection": connection_id})


async def _lock(db: AsyncConnection, mode: str) -> None:
    """Lock the ranges before a transaction sees anything; readers go on.

    SQLite has one writer, and nothing to lock.
    """
    if db.dialect.name == "postgresql":
        await db.execute(text(f"LOCK TABLE user_ranges IN {mode} MODE"))


async def _forget(db: AsyncConnection, connection_id: str, after: Place, end: Place) -> None:
    """Delete the notes behind one place up to another."""
    places = {"after_created_at": after[0], "after_id": after[1]}
    places |= {"end_created_at": end[0], "end_id": end[1]}
    await db.execute(range_statements.forgotten(), {"connection": connection_id} | places)


async def _last_end(db: AsyncConnection, connection_id: str) -> Place:
    row = (await db.execute(range_statements.newest_range(), {"connection": connection_id})).first()
    return START if row is None else (row.created_at, row.id)
