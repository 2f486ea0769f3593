"""By which statements are ranges of users counted? They are made once."""

from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Integer,
    Select,
    String,
    Update,
    bindparam,
    cast,
    delete,
    func,
    select,
    tuple_,
    update,
)

from api.directory.dialects import LARGEST_INTEGER
from api.directory.tables import ApiTable

TABLES = ApiTable.metadata.tables
USERS, RANGES, CHANGES = TABLES["users"], TABLES["user_ranges"], TABLES["user_range_changes"]

Place = tuple[int, str]
"""The place of a user in the order of creation: its time in microseconds, and its id."""

START: Place = (-1, "")
"""The place before all users."""

LAST: Place = (LARGEST_INTEGER, "")
"""A place behind all users."""

CONNECTION = bindparam("connection", type_=String)

CREATION = (USERS.c.created_at, USERS.c.id)
"""The columns by which users are in the order of creation."""

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
def newest_range() -> Select[Any]:
    """Select the end of the last range."""
    newest_first = (it.desc() for it in AFTER)
    of_connection = RANGES.c.connection_id == CONNECTION
    return select(*END).where(of_connection).order_by(*newest_first).limit(1)


@cache
def user_behind() -> Select[Any]:
    """Select the user so many places behind another, if there is one."""
    behind = select(USERS.c.id).where(USERS.c.connection_id == CONNECTION, _is_behind())
    skipped = bindparam("skipped", type_=BigInteger)
    return behind.order_by(*CREATION).offset(skipped).limit(1)


@cache
def next_ends() -> Select[Any]:
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
def one_change() -> Select[Any]:
    """Select the change so many changes behind the first one, if there is one."""
    noted = select(CHANGES.c.id).where(CHANGES.c.connection_id == CONNECTION)
    return noted.offset(bindparam("skipped", type_=BigInteger)).limit(1)


def _noted() -> ColumnElement[Any]:
    """Return the change noted of a range since its count: users that came less users that left.

    It is an expression on the range, and NULL without notes.
    """
    within = (tuple_(*CHANGED) > tuple_(*AFTER), tuple_(*CHANGED) <= tuple_(*END))
    noted = select(func.sum(CHANGES.c.users)).where(CHANGES.c.connection_id == CONNECTION, *within)
    return noted.correlate(RANGES).scalar_subquery()


@cache
def added_up() -> Update:
    """Add to each range the changes noted of it."""
    of_connection = RANGES.c.connection_id == CONNECTION
    changed = update(RANGES).where(of_connection, _noted().is_not(None))
    return changed.values(users=RANGES.c.users + cast(_noted(), Integer))


@cache
def forgotten() -> Delete:
    """Delete the notes behind one place up to another."""
    return delete(CHANGES).where(
        CHANGES.c.connection_id == CONNECTION,
        tuple_(*CHANGED) > _place("after_created_at", "after_id"),
        tuple_(*CHANGED) <= _place("end_created_at", "end_id"),
    )


@cache
def gap() -> Select[Any]:
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
def range_in_turn() -> Select[Any]:
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
def all_ranges() -> Delete:
    """Delete the ranges of a connection."""
    return delete(RANGES).where(RANGES.c.connection_id == CONNECTION)
