"""How many users does a connection have, up to which one? Ranges of users are counted beforehand.

A range is counted when no open transaction can still add a user to it. A user that comes into a
range or leaves it afterwards is noted by a trigger (``v0008_counted_users``). So the ranges, what
was noted since, and the users behind the last range are exact together within one statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Integer,
    Select,
    String,
    Update,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    true,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import LARGEST_INTEGER, settled_now
from api.directory.tables import ApiTable

TABLES = ApiTable.metadata.tables
USERS, RANGES, CHANGES = TABLES["users"], TABLES["user_ranges"], TABLES["user_range_changes"]

Place = tuple[int, str]
"""The place of a user in the order of creation: its time in microseconds, and its id."""

START: Place = (-1, "")
"""The place before all users."""

LAST: Place = (LARGEST_INTEGER, "")
"""A place behind all users."""

COUNTING, ALONE = "ROW EXCLUSIVE", "EXCLUSIVE"
"""Locks of the ranges: any number of processes may count at once, but none beside one alone."""

CONNECTION = bindparam("connection", type_=String)


async def find_page(
    db: AsyncConnection, connection_id: str, start: int, count: int
) -> tuple[int, Sequence[str]]:
    """Return the number of all users, and the ids of those on one page.

    :param start: the number of users before the page.
    :param count: the most users that the page has.
    """
    values = {"start": min(start, LARGEST_INTEGER), "count": min(count, LARGEST_INTEGER)}
    rows = (await db.execute(page_statement(), values | {"connection": connection_id})).all()
    return rows[0].total, [row.id for row in rows if row.id is not None]


@cache
def page_statement() -> Select[Any]:
    """Select a page of users in their order, each with the number of all; one row if it is empty.

    The page is read from the end of the nearest range before it, and up to the end of a range that
    is surely behind it: so few users are read, whatever the statistics of the database promise.
    """
    ends = _ends()
    start, count = bindparam("start", type_=BigInteger), bindparam("count", type_=BigInteger)
    oldest_first = (ends.c.created_at, ends.c.id)
    newest_first = [it.desc() for it in oldest_first]
    before = select(ends).where(ends.c.place <= start).order_by(*newest_first)
    beyond = select(ends).where(ends.c.place - start >= count).order_by(*oldest_first)
    nearest, next_ = before.limit(1).cte("nearest"), beyond.limit(1).cte("next")
    page = (
        select(*CREATION)
        .where(*_users_behind(nearest), _is_up_to(next_))
        .order_by(*CREATION)
        .offset(start - _value(nearest.c.place))
        .limit(count)
        .subquery("page")
    )
    one = select(_total(ends)).cte("counted")
    shown = select(one.c.total, page.c.id).select_from(one.outerjoin(page, true()))
    return shown.order_by(page.c.created_at, page.c.id)


@cache
def total_statement() -> Select[Any]:
    """Select the number of all users."""
    return select(_total(_ends()))


CREATION = (USERS.c.created_at, USERS.c.id)


def _total(ends: CTE) -> ColumnElement[int]:
    """Return the number of all users: up to the last end, and behind it."""
    newest_first = (ends.c.created_at.desc(), ends.c.id.desc())
    last = select(ends).order_by(*newest_first).limit(1).cte("last")
    behind = select(func.count()).where(*_users_behind(last)).scalar_subquery()
    total: ColumnElement[int] = (_value(last.c.place) + behind).label("total")
    return total


def _ends() -> CTE:
    """Select the ends of ranges, with the ``place`` of each among all users, and the start.

    A place is the sum of all that was counted and noted up to it.
    """
    newest = select(func.max(RANGES.c.created_at)).where(RANGES.c.connection_id == CONNECTION)
    of_range = (RANGES.c.created_at, RANGES.c.id, RANGES.c.users)
    of_change = (CHANGES.c.created_at, CHANGES.c.id, CHANGES.c.users)
    steps = union_all(
        select(*of_range, literal(1).label("is_end")).where(RANGES.c.connection_id == CONNECTION),
        select(*of_change, literal(0)).where(
            CHANGES.c.connection_id == CONNECTION,
            CHANGES.c.created_at <= newest.scalar_subquery(),
        ),
    ).subquery("steps")
    order = (steps.c.created_at, steps.c.id, steps.c.is_end)
    place = func.sum(steps.c.users).over(order_by=order, rows=(None, 0))
    summed = select(steps, cast(place, BigInteger).label("place")).subquery("summed")
    ends = select(summed.c.created_at, summed.c.id, summed.c.place).where(summed.c.is_end == 1)
    start = select(literal(START[0], BigInteger), literal(START[1], String), literal(0, BigInteger))
    return union_all(ends, start).cte("ends")


def _users_behind(end: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions on users behind the single place of a table."""
    place = tuple_(_value(end.c.created_at), _value(end.c.id))
    return USERS.c.connection_id == CONNECTION, tuple_(*CREATION) > place


def _is_up_to(end: FromClause) -> ColumnElement[bool]:
    """Return the condition that a user is not behind the place of a table, if it has one."""
    created_at = func.coalesce(_value(end.c.created_at), literal(LARGEST_INTEGER, BigInteger))
    place = tuple_(created_at, func.coalesce(_value(end.c.id), literal("", String)))
    is_up_to: ColumnElement[bool] = tuple_(*CREATION) <= place
    return is_up_to


def _value(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(column).scalar_subquery()


# --- counting -------------------------------------------------------------------------------


async def is_long_uncounted(db: AsyncConnection, connection_id: str, size: int) -> bool:
    """Return whether there are as many users behind the last range as a range has."""
    created_at, id_ = await _last_end(db, connection_id)
    values = {"connection": connection_id, "created_at": created_at, "id": id_, "skipped": size - 1}
    return (await db.execute(_user_behind(), values)).first() is not None


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
    found = await db.execute(_next_ends(), of_connection | asked)
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
    return (await db.execute(_change(), asked)).first() is not None


async def add_changes(db: AsyncConnection, connection_id: str) -> None:
    """Add what was noted to the ranges that it concerns, and forget it.

    What was noted behind the last range is forgotten, too: no process counts at this moment, and
    the next one that does finds users as they are then.

    :param db: a transaction that has seen nothing yet, and then sees one moment.
    """
    await _lock(db, ALONE)
    await db.execute(_added_up(), {"connection": connection_id})
    await _forget(db, connection_id, START, LAST)


async def is_right(db: AsyncConnection, connection_id: str, turn: int) -> bool:
    """Return whether no users lie between ranges, and one range has the number that it tells.

    A number is wrong where the clock of the database was set back, or users were changed while
    triggers were off.

    :param turn: tells which range is counted again. Turns that follow each other reach all.
    """
    of_connection = {"connection": connection_id}
    if (await db.execute(_gap(), of_connection)).first() is not None:
        return False
    row = (await db.execute(_range_in_turn(), of_connection | {"turn": turn})).first()
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
    await db.execute(_all_ranges(), {"connection": connection_id})


async def _lock(db: AsyncConnection, mode: str) -> None:
    """Lock the ranges before a transaction sees anything; readers go on.

    SQLite has one writer, and nothing to lock.
    """
    if db.dialect.name == "postgresql":
        await db.execute(text(f"LOCK TABLE user_ranges IN {mode} MODE"))


async def _forget(db: AsyncConnection, connection_id: str, after: Place, end: Place) -> None:
    """Delete what was noted behind one place up to another."""
    places = {"after_created_at": after[0], "after_id": after[1]}
    places |= {"end_created_at": end[0], "end_id": end[1]}
    await db.execute(_forgotten(), {"connection": connection_id} | places)


async def _last_end(db: AsyncConnection, connection_id: str) -> Place:
    row = (await db.execute(_newest_range(), {"connection": connection_id})).first()
    return START if row is None else (row.created_at, row.id)


# --- statements, made once ------------------------------------------------------------------

AFTER = (RANGES.c.after_created_at, RANGES.c.after_id)
END = (RANGES.c.created_at, RANGES.c.id)
CHANGED = (CHANGES.c.created_at, CHANGES.c.id)


def _place(created_at: str, id_: str) -> ColumnElement[Any]:
    """Return the place whose time and id are parameters of these names."""
    return tuple_(bindparam(created_at, type_=BigInteger), bindparam(id_, type_=String))


def _is_behind() -> ColumnElement[bool]:
    is_behind: ColumnElement[bool] = tuple_(*CREATION) > _place("created_at", "id")
    return is_behind


@cache
def _newest_range() -> Select[Any]:
    newest_first = (it.desc() for it in AFTER)
    of_connection = RANGES.c.connection_id == CONNECTION
    return select(*END).where(of_connection).order_by(*newest_first).limit(1)


@cache
def _user_behind() -> Select[Any]:
    """Select the user so many places behind another, if there is one."""
    behind = select(USERS.c.id).where(USERS.c.connection_id == CONNECTION, _is_behind())
    skipped = bindparam("skipped", type_=BigInteger)
    return behind.order_by(*CREATION).offset(skipped).limit(1)


@cache
def _next_ends() -> Select[Any]:
    """Select the last user of each whole range behind a user."""
    number = func.row_number().over(order_by=CREATION).label("number")
    settled = USERS.c.created_at < bindparam("before", type_=BigInteger)
    users = (
        select(*CREATION, number)
        .where(USERS.c.connection_id == CONNECTION, _is_behind(), settled)
        .order_by(*CREATION)
        .limit(bindparam("limit", type_=BigInteger))
        .subquery()
    )
    is_last = users.c.number % bindparam("size", type_=BigInteger) == 0
    return select(users.c.created_at, users.c.id).where(is_last).order_by(users.c.number)


@cache
def _change() -> Select[Any]:
    noted = select(CHANGES.c.id).where(CHANGES.c.connection_id == CONNECTION)
    return noted.offset(bindparam("skipped", type_=BigInteger)).limit(1)


def _noted() -> ColumnElement[Any]:
    """Return what was noted of a range since it was counted: users that came less those that left.

    It is an expression on the range, and NULL where nothing was noted.
    """
    within = (tuple_(*CHANGED) > tuple_(*AFTER), tuple_(*CHANGED) <= tuple_(*END))
    noted = select(func.sum(CHANGES.c.users)).where(CHANGES.c.connection_id == CONNECTION, *within)
    return noted.correlate(RANGES).scalar_subquery()


@cache
def _added_up() -> Update:
    of_connection = RANGES.c.connection_id == CONNECTION
    changed = update(RANGES).where(of_connection, _noted().is_not(None))
    return changed.values(users=RANGES.c.users + cast(_noted(), Integer))


@cache
def _forgotten() -> Delete:
    return delete(CHANGES).where(
        CHANGES.c.connection_id == CONNECTION,
        tuple_(*CHANGED) > _place("after_created_at", "after_id"),
        tuple_(*CHANGED) <= _place("end_created_at", "end_id"),
    )


@cache
def _gap() -> Select[Any]:
    """Select a range that does not begin where the one before it ends, if there is one."""
    ranges = (
        select(
            *AFTER,
            func.lag(RANGES.c.created_at, 1, START[0])
            .over(order_by=AFTER)
            .label("last_created_at"),
            func.lag(RANGES.c.id, 1, START[1]).over(order_by=AFTER).label("last_id"),
        )
        .where(RANGES.c.connection_id == CONNECTION)
        .subquery()
    )
    begins = tuple_(ranges.c.after_created_at, ranges.c.after_id)
    last_ends = tuple_(ranges.c.last_created_at, ranges.c.last_id)
    return select(ranges.c.last_id).where(begins != last_ends).limit(1)


@cache
def _range_in_turn() -> Select[Any]:
    """Select a range by its turn: the users that it should have, and those that it has."""
    within = (tuple_(*CREATION) > tuple_(*AFTER), tuple_(*CREATION) <= tuple_(*END))
    users = select(func.count()).where(USERS.c.connection_id == CONNECTION, *within)
    ranges = select(func.count()).where(RANGES.c.connection_id == CONNECTION)
    turn = bindparam("turn", type_=BigInteger) % func.nullif(ranges.scalar_subquery(), 0)
    return (
        select(
            (RANGES.c.users + func.coalesce(_noted(), 0)).label("noted"),
            users.correlate(RANGES).scalar_subquery().label("found"),
        )
        .where(RANGES.c.connection_id == CONNECTION)
        .order_by(*AFTER)
        .offset(func.coalesce(turn, 0))
        .limit(1)
    )


@cache
def _all_ranges() -> Delete:
    return delete(RANGES).where(RANGES.c.connection_id == CONNECTION)
