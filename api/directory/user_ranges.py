"""How many users does a connection have, up to which one? Ranges of users are counted beforehand.

A range is counted when no open transaction can still add a user to it (``count_ranges``). A user
that comes into a range or leaves it afterwards is noted by a trigger (``v0008_counted_users``). So
the ranges, the notes since, and the users behind the last range are exact together within one
statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import LARGEST_INTEGER
from api.directory.range_statements import CHANGES, CONNECTION, CREATION, RANGES, START, USERS


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
    """Select a page of users in their order, each with the number of all; an empty page is a row.

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
    shown = select(one.c.total, page.c.created_at, page.c.id)
    return shown.select_from(one.outerjoin(page, true())).order_by(page.c.created_at, page.c.id)


@cache
def total_statement() -> Select[Any]:
    """Select the number of all users."""
    return select(_total(_ends()))


def _total(ends: CTE) -> ColumnElement[int]:
    """Return the number of all users: up to the last end, and behind it."""
    newest_first = (ends.c.created_at.desc(), ends.c.id.desc())
    last = select(ends).order_by(*newest_first).limit(1).cte("last")
    behind = select(func.count()).where(*_users_behind(last)).scalar_subquery()
    total: ColumnElement[int] = (_value(last.c.place) + behind).label("total")
    return total


def _ends() -> CTE:
    """Select the ends of ranges, with the ``place`` of each among all users, and the start.

    A place is the sum of all counts and notes up to it.
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
