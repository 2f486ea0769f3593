"""Which identities are not published yet? The outbox: marking, leasing, settling.

A mark is part of the identity's row, so there is one however often the identity changes. Every
function runs inside the caller's transaction: marks commit together with what caused them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import (
    ColumnElement,
    RowMapping,
    SelectBase,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.database import is_among, objects_in
from api.directory.identity_changes import IdentityChange, IdentityState, next_version
from api.directory.identity_rows import (
    LANE_NUMBERS,
    columns_of,
    new_mark,
    new_row,
    state_of,
)
from api.directory.tables import Identity
from contracts.identity_changed import Trace
from contracts.topology import RETRY_DELAYS, Lane

LOG = structlog.get_logger(__name__)

LONGEST_WAIT = RETRY_DELAYS[-1] * 1_000_000
"""What a worker may ask for, in microseconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A leased mark: the state to publish, and for whom."""

    connection_id: str
    identity_id: str
    state: IdentityState
    changed_at: int
    attempts: int
    trace: Trace


# --- states -------------------------------------------------------------------------------


async def load_state(
    db: AsyncConnection, connection_id: str, identity_id: str
) -> IdentityState | None:
    """Return the newest state of an identity, locked until the transaction ends."""
    statement = select(Identity.__table__).where(_is(connection_id, identity_id)).with_for_update()  # type: ignore[attr-defined]
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
    values = columns_of(change.state, now) | _renewed_mark(change.lane, trace, now)
    await db.execute(update_rows(Identity).where(_is(connection_id, identity_id)).values(values))


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
    """Mark some identities that have to be published again, with versions beyond the given one."""
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
    """Mark whose groups change, in one statement whatever their number.

    Until the transaction ends none of them can be deleted, and none that is deleted is marked:
    that is what keeps memberships of people who are gone from being made.

    :param ids: gives the ids; those of nested groups are among them and mean nobody.
    :param unless_waiting: leaves out those whose marks no relay has leased yet.
    """
    there = and_(col(Identity.deleted).is_(False), is_among(col(Identity.id), ids))
    if unless_waiting:
        waits = and_(col(Identity.dirty_lane).is_not(None), col(Identity.due_at) <= now)
        there = and_(there, not_(waits))
    return await _mark(db, connection_id, there, trace, now)


async def mark_connection(
    db: AsyncConnection,
    connection_id: str,
    trace: Trace,
    now: int,
    *,
    except_for: Collection[str] = (),
) -> int:
    """Mark every identity of a connection but some: a resync, or a changed rule."""
    everybody = col(Identity.id).is_not(None)
    others = everybody if not except_for else _is_none_of(except_for, db.dialect.name)
    return await _mark(db, connection_id, others, trace, now)


def _is_none_of(ids: Collection[str], dialect: str) -> ColumnElement[bool]:
    """Whether an identity is none of these, however many: they are one parameter."""
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
) -> int:
    """Give identities a new version and a mark in bulk; return how many there are.

    Rows are locked in the order of their ids, which an update alone would not do: two groups with
    common members may be written at once.
    """
    version = col(Identity.version)
    newest = next_version(beyond, now)
    newer = case((version >= newest, version + 1), else_=newest)
    locked = (
        select(col(Identity.id))
        .where(col(Identity.connection_id) == connection_id, which)
        .order_by(col(Identity.id))
        .with_for_update()
    )
    statement = (
        update_rows(Identity)
        .where(col(Identity.connection_id) == connection_id, is_among(col(Identity.id), locked))
        .values({"version": newer, "changed_at": now} | _renewed_mark(Lane.BULK, trace, now))
    )
    return (await db.execute(statement)).rowcount


# --- the relay's side ---------------------------------------------------------------------


async def lease(db: AsyncConnection, lane: Lane, most: int, now: int, until: int) -> Sequence[Mark]:
    """Take marks of a lane that are due, oldest first; nobody else gets them until then.

    One that cannot be read is left out, and stays: it must not hold up the others.
    """
    due = (
        select(col(Identity.connection_id), col(Identity.id))
        .where(col(Identity.dirty_lane) == LANE_NUMBERS[lane], _is_due(now, until - now))
        .order_by(col(Identity.due_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update_rows(Identity)
        .where(tuple_(col(Identity.connection_id), col(Identity.id)).in_(due))
        .values(due_at=until)
        .returning(Identity.__table__)  # type: ignore[attr-defined]
    )
    rows = (await db.execute(statement)).mappings().all()
    return [mark for row in rows if (mark := _readable(row)) is not None]


def _is_due(now: int, lease: int) -> ColumnElement[bool]:
    """Whether the time of a mark has come, or cannot be right: clocks jump, and differ.

    A mark that nobody has touched is due whatever the clock was when it was made. One that waits
    for longer than it could was given its time by a clock that was ahead.
    """
    due_at = col(Identity.due_at)
    return or_(
        due_at <= now,
        due_at == col(Identity.changed_at),
        and_(col(Identity.attempts) == 0, due_at > now + 2 * lease),
        due_at > now + lease + LONGEST_WAIT,
    )


async def look_at(db: AsyncConnection, connection_id: str, ids: Collection[str]) -> Sequence[Mark]:
    """Return what would be published of identities, marked or not; nobody takes a lease."""
    statement = select(Identity.__table__).where(  # type: ignore[attr-defined]
        col(Identity.connection_id) == connection_id, col(Identity.id).in_(ids)
    )
    rows = (await db.execute(statement)).mappings().all()
    return [mark for row in rows if (mark := _readable(row)) is not None]


async def release(db: AsyncConnection, now: int) -> int:
    """Make every mark due at once, leased or waiting; return how many were not.

    For a process that knows itself to be the only relay: what its predecessor leased when it was
    killed has nobody left who would settle it.
    """
    waiting = update_rows(Identity).where(
        col(Identity.dirty_lane).is_not(None), col(Identity.due_at) > now
    )
    return (await db.execute(waiting.values(due_at=now))).rowcount


async def clear(db: AsyncConnection, marks: Collection[Mark], now: int) -> None:
    """Forget marks whose state is safely on its way, unless the identity has moved on since."""
    await _settle(
        db,
        marks,
        {
            "dirty_lane": null(),
            "dirty_since": null(),
            "due_at": null(),
            "attempts": 0,
            "published_version": col(Identity.version),
            "published_at": now,
        },
        {},
    )


async def postpone(db: AsyncConnection, due: Mapping[Mark, int], *, attempted: bool) -> None:
    """Give leases back: the marks are due again at the given times.

    :param attempted: whether the worker tried; such tries are counted, and end in a failure.
    """
    attempts = col(Identity.attempts)
    values = {"due_at": bindparam("due"), "attempts": attempts + 1 if attempted else attempts}
    await _settle(db, due, values, {mark: {"due": at} for mark, at in due.items()})


async def _settle(
    db: AsyncConnection,
    marks: Collection[Mark],
    values: Mapping[str, Any],
    parameters: Mapping[Mark, Mapping[str, Any]],
) -> None:
    if not marks:
        return
    statement = (
        update_rows(Identity)
        .where(
            and_(
                col(Identity.connection_id) == bindparam("of_connection"),
                col(Identity.id) == bindparam("of_identity"),
                col(Identity.version) == bindparam("of_version"),
            )
        )
        .values(values)
        .execution_options(synchronize_session=None)
    )
    await db.execute(
        statement,
        [
            {
                "of_connection": mark.connection_id,
                "of_identity": mark.identity_id,
                "of_version": mark.state.version,
                **parameters.get(mark, {}),
            }
            for mark in sorted(marks, key=lambda mark: (mark.connection_id, mark.identity_id))
        ],
    )


# --- rows ---------------------------------------------------------------------------------


def _is(connection_id: str, identity_id: str) -> ColumnElement[bool]:
    return and_(col(Identity.connection_id) == connection_id, col(Identity.id) == identity_id)


def _renewed_mark(lane: Lane, trace: Trace, now: int) -> dict[str, Any]:
    """A mark over one that may be there: as urgent as the more urgent, as old as the older."""
    number = LANE_NUMBERS[lane]
    was = col(Identity.dirty_lane)
    return new_mark(lane, trace, now) | {
        "dirty_lane": case((was < number, was), else_=number),
        "dirty_since": func.coalesce(col(Identity.dirty_since), now),
    }


def _readable(row: RowMapping) -> Mark | None:
    try:
        return _mark_of(row)
    except ValidationError:
        who = {"connection": row["connection_id"], "identity": row["id"]}
        LOG.error("mark_unreadable", **who)  # noqa: TRY400 - its text would quote the profile
        return None


def _mark_of(row: RowMapping) -> Mark:
    return Mark(
        connection_id=row["connection_id"],
        identity_id=row["id"],
        state=state_of(row),
        changed_at=row["changed_at"],
        attempts=row["attempts"],
        trace=Trace(correlation_id=row["correlation_id"], traceparent=row["traceparent"]),
    )
