"""Which identities are not published yet? Marks name them; together they are the dirty set.

A mark is part of the identity's row, so that any number of changes makes one. Every function runs
inside the caller's transaction: marks commit together with the changes that cause them.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    SelectBase,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    select,
    true,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import is_among, objects_in
from api.directory.identity_changes import IdentityChange, IdentityState, next_version
from api.directory.identity_rows import (
    LANE_NUMBERS,
    columns_of,
    leaving_columns,
    new_mark,
    new_row,
    state_of,
)
from api.directory.tables import Identity
from contracts.identity_changed import Trace
from contracts.topology import Lane

# --- states -------------------------------------------------------------------------------


async def load_state(
    db: AsyncConnection, connection_id: str, identity_id: str
) -> IdentityState | None:
    """Return the newest state of an identity, whose row stays locked until the transaction ends."""
    table = Identity.__table__  # type: ignore[attr-defined]
    statement = select(table).where(_is_identity(connection_id, identity_id)).with_for_update()
    row = (await db.execute(statement)).mappings().one_or_none()
    return None if row is None else state_of(row)


async def save_new(
    db: AsyncConnection,
    connection_id: str,
    identity_id: str,
    change: IdentityChange,
    trace: Trace,
    now: int,
) -> None:
    """Store the first state of an identity, marked."""
    row = new_row(connection_id, identity_id, change, trace, now)
    await db.execute(insert_into(Identity).values(row))


async def save_change(
    db: AsyncConnection,
    connection_id: str,
    identity_id: str,
    change: IdentityChange,
    trace: Trace,
    now: int,
) -> None:
    """Store a later state of an identity, marked."""
    columns = columns_of(change.state, now) | leaving_columns(change.state)
    values = columns | _renewed_mark(change.lane, trace, now)
    await db.execute(
        update_rows(Identity).where(_is_identity(connection_id, identity_id)).values(values)
    )


# --- marking without a change of the identity itself ------------------------------------------


async def mark_identities(
    db: AsyncConnection,
    connection_id: str,
    ids: Collection[str],
    trace: Trace,
    now: int,
    *,
    beyond: int = 0,
) -> int:
    """Mark identities, with versions beyond the given one, and return how many there are."""
    return await _mark(db, connection_id, col(Identity.id).in_(ids), trace, now, beyond=beyond)


async def mark_selected(
    db: AsyncConnection,
    connection_id: str,
    ids: SelectBase,
    trace: Trace,
    now: int,
    *,
    unless_waiting: bool = False,
) -> int:
    """Mark the identities whose groups change, in one statement whatever their number.

    Marked identities cannot be deleted until the transaction ends, and deleted ones are not marked.
    That prevents memberships of deleted users.

    :param ids: selects the ids. Ids of nested groups may be among them, and match no identity.
    :param unless_waiting: leaves out identities whose marks no relay has leased yet, and keeps
        relays from leasing them until the transaction ends.
    """
    existing = and_(col(Identity.deleted).is_(False), is_among(col(Identity.id), ids))
    waits = and_(col(Identity.dirty_lane).is_not(None), col(Identity.due_at).is_(None))
    marked = not_(waits) if unless_waiting else true()
    return await _mark(db, connection_id, existing, trace, now, marked=marked)


async def mark_connection(
    db: AsyncConnection,
    connection_id: str,
    trace: Trace,
    now: int,
    *,
    except_for: Collection[str] = (),
) -> int:
    """Mark every identity of a connection, but for some: for a resync, or after changed rules."""
    everybody = col(Identity.id).is_not(None)
    others = everybody if not except_for else _is_none_of(except_for, db.dialect.name)
    return await _mark(db, connection_id, others, trace, now)


def marked_again(lane: Lane, trace: Trace, now: int) -> dict[str, Any]:
    """Return the columns of an identity that is marked, with a version of its own."""
    mark = _renewed_mark(lane, trace, now)
    return {"version": _newer_version(now), "changed_at": now} | mark


def marked_by_parameters() -> dict[str, Any]:
    """Return the columns of an identity that is marked in the bulk lane, for a statement made once.

    The values are the parameters ``now``, ``trace_id`` and ``trace_parent``.
    """
    now: Any = bindparam("now", type_=BigInteger)
    trace: Any = {
        "correlation_id": bindparam("trace_id", type_=String),
        "traceparent": bindparam("trace_parent", type_=String),
    }
    return marked_again(Lane.BULK, Trace.model_construct(**trace), now)


def _is_none_of(ids: Collection[str], dialect: str) -> ColumnElement[bool]:
    """Return the condition that an identity has none of the ids, which are one parameter."""
    objects = literal(json.dumps([{"id": id_} for id_ in sorted(ids)]))
    return col(Identity.id).not_in(select(objects_in(objects, ["id"], dialect).c.id))


async def _mark(
    db: AsyncConnection,
    connection_id: str,
    which: ColumnElement[bool],
    trace: Trace,
    now: int,
    *,
    beyond: int = 0,
    marked: ColumnElement[bool] | None = None,
) -> int:
    """Give identities a new version and a mark in the bulk lane; return how many there are.

    Rows are locked in the order of their ids, which an update alone would not do: two requests may
    write groups with common members at once.

    :param marked: the condition on those that are marked; the others are locked all the same.
    """
    newer = _newer_version(next_version(beyond, now))
    in_order = (
        select(col(Identity.id), (true() if marked is None else marked).label("marked"))
        .where(col(Identity.connection_id) == connection_id, which)
        .order_by(col(Identity.id))
        .with_for_update()
    )
    # Python's sqlite3 counts no rows of statements that begin with a CTE, and SQLite locks no rows.
    on_sqlite = db.dialect.name == "sqlite"
    locked: FromClause = in_order.subquery("locked") if on_sqlite else in_order.cte("locked")
    ids = select(locked.c.id).where(locked.c.marked)
    statement = (
        update_rows(Identity)
        .where(col(Identity.connection_id) == connection_id, is_among(col(Identity.id), ids))
        .values({"version": newer, "changed_at": now} | _renewed_mark(Lane.BULK, trace, now))
    )
    return (await db.execute(statement)).rowcount


# --- rows ---------------------------------------------------------------------------------


def _is_identity(connection_id: str, identity_id: str) -> ColumnElement[bool]:
    return and_(col(Identity.connection_id) == connection_id, col(Identity.id) == identity_id)


def _newer_version(newest: int) -> ColumnElement[int]:
    """Return the version after the stored one, or a given one if that is newer."""
    version = col(Identity.version)
    return case((version >= newest, version + 1), else_=newest)


def _renewed_mark(lane: Lane, trace: Trace, now: int) -> dict[str, Any]:
    """Return a mark over an earlier one, if any: as urgent as the more urgent, as old as the older.

    This rule in SQL is the twin of ``api.directory.identity_rows.changed_row``.
    """
    number = LANE_NUMBERS[lane]
    was = col(Identity.dirty_lane)
    return new_mark(lane, trace, now) | {
        "dirty_lane": case((was < number, was), else_=number),
        "dirty_since": func.coalesce(col(Identity.dirty_since), now),
    }
