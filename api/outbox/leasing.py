"""Which marks are published next? Leases: taken round the workspaces, and ended by their time.

Every function runs inside the caller's transaction, and several relays may lease at once.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

import structlog
from pydantic import ValidationError
from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Select,
    String,
    Update,
    and_,
    bindparam,
    column,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import is_among, rows_in
from api.directory.identity_changes import IdentityState
from api.directory.identity_rows import LANE_NUMBERS, state_of
from api.directory.tables import Connection, Identity
from api.outbox.round_robin import RoundRobin
from contracts.identity_changed import Trace
from contracts.pace import Pace
from contracts.topology import RETRY_DELAYS, Lane

LOG = structlog.get_logger(__name__)

IDENTITIES = Identity.__table__  # type: ignore[attr-defined]

LONGEST_RETRY_DELAY = RETRY_DELAYS[-1] * 1_000_000
"""What a worker may ask for, in microseconds."""

READIED_AT_ONCE = 1_000
"""Marks whose time has come, in one look: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A leased mark: the state to publish, and for whom."""

    connection_id: str
    identity_id: str
    state: IdentityState
    changed_at: int
    attempts: int
    trace: Trace
    failed_publications: int = 0
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Leased:
    """The marks of a batch, and the workspace with which the round goes on the next time."""

    marks: Sequence[Mark]
    last_served: str


@dataclass(frozen=True, slots=True)
class MarkSelection:
    """Which marks a round is about: those of a lane, and of them the suspects or the others."""

    lane: Lane
    suspect: bool = False

    def has(self, marks: FromClause) -> ColumnElement[bool]:
        """Say whether it is about a mark, ready or not.

        Not by parameters: PostgreSQL would plan once for all rounds, and a lane may have no marks.
        """
        lane: ColumnElement[int] = literal_column(str(LANE_NUMBERS[self.lane]))
        is_suspect = marks.c.suspect == (true() if self.suspect else false())
        return and_(marks.c.dirty_lane == lane, is_suspect)

    def has_ready(self, marks: FromClause) -> ColumnElement[bool]:
        """Say whether it is about a mark that is ready."""
        return and_(self.has(marks), marks.c.due_at.is_(None))


async def lease(
    db: AsyncConnection, of: MarkSelection, most: int, now: int, until: int, after: str = ""
) -> Leased:
    """Take ready marks, so that nobody else gets them until then.

    The places are shared between the workspaces that have any, and given to the oldest marks of
    each. A mark that cannot be read is left out, and stays: it must not hold up the others.

    :param after: the workspace that was served last.
    """
    await make_due_ready(db, now, until - now)
    connections = await _connections_with_marks(db, of)
    round_robin = RoundRobin(list({*connections.values()}), most, after)
    rows: list[RowMapping] = []
    while True:
        workspaces, share = round_robin.next()
        if not workspaces:
            break
        served = {id_: of_ for id_, of_ in connections.items() if of_ in set(workspaces)}
        taken = await _lease_oldest(db, of, served, share, until)
        round_robin.served(Counter(served[row["connection_id"]] for row in taken))
        rows += taken
    rows.sort(key=lambda row: row["dirty_since"])
    return Leased(await _readable(rows), round_robin.last_served)


async def make_due_ready(db: AsyncConnection, now: int, lease: int) -> None:
    """Make marks ready whose time has come, or cannot be right: clocks jump, and differ.

    One that waits for longer than it could was given its time by a clock that was ahead.
    """
    due_at = col(Identity.due_at)
    too_long = or_(col(Identity.attempts) == 0, due_at > now + lease + LONGEST_RETRY_DELAY)
    await _make_ready(db, due_at <= now)
    await _make_ready(db, and_(due_at > now + 2 * lease, too_long))


async def _make_ready(db: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Make marks ready that lie in one range of times: each is one range of the index."""
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
    """Make every mark ready, leased or waiting; return how many were not.

    For a process that knows itself to be the only relay: what its predecessor leased when it was
    killed has nobody left named would settle it.
    """
    waiting = update_rows(Identity).where(col(Identity.due_at).is_not(None))
    return (await db.execute(waiting.values(due_at=null()))).rowcount


async def unleased_marks(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> Sequence[Mark]:
    """Return what would be published of identities, marked or not; nobody takes a lease."""
    statement = select(IDENTITIES).where(
        col(Identity.connection_id) == connection_id, col(Identity.id).in_(ids)
    )
    return await _readable((await db.execute(statement)).mappings().all())


# --- statements -----------------------------------------------------------------------------


async def _connections_with_marks(db: AsyncConnection, of: MarkSelection) -> dict[str, str]:
    """Return the connections that have ready marks, and their workspaces."""
    return dict((await db.execute(_connections_statement(of))).all())


async def _lease_oldest(
    db: AsyncConnection, of: MarkSelection, served: dict[str, str], share: int, until: int
) -> Sequence[RowMapping]:
    named = json.dumps([{"connection": it, "workspace": served[it]} for it in served])
    asked = {"named": named, "share": share, "until": until}
    rows = await db.execute(_lease_statement(of, db.dialect.name), asked)
    return rows.mappings().all()


@cache
def _connections_statement(of: MarkSelection) -> Select[str, str]:
    """Return which connections have ready marks: one step in the index from each to the next.

    Steps lead to connections that have marks, of which none may be ready. PostgreSQL, which knows
    how many marks there were a while ago, is asked for an order that no other index has.
    """
    marks = IDENTITIES.alias()
    in_order = marks.c.connection_id, marks.c.due_at, marks.c.dirty_since  # only the index gives it
    first = select(marks.c.connection_id).where(of.has(marks)).order_by(*in_order).limit(1)
    found = select(first.scalar_subquery().label("id")).cte("found", recursive=True)
    beyond = first.where(marks.c.connection_id > found.c.id).correlate(found).scalar_subquery()
    found = found.union_all(select(beyond).where(found.c.id.is_not(None)))
    ready = first.where(marks.c.connection_id == found.c.id, marks.c.due_at.is_(None))
    return (
        select(col(Connection.id), col(Connection.workspace))
        .join(found, found.c.id == col(Connection.id))
        .where(ready.correlate(found).scalar_subquery().is_not(None))
    )


@cache
def _lease_statement(of: MarkSelection, dialect: str) -> Update:
    """Return the statement that leases the oldest marks of each named workspace.

    Of each connection as many are looked at as the whole workspace may give: the oldest of the
    workspace are among them, and each connection's are found by the index.
    """
    columns = [column("connection", String), column("workspace", String)]
    named = rows_in(bindparam("named", type_=String), columns, dialect)
    each, marks = IDENTITIES.alias("each"), IDENTITIES.alias("marks")
    oldest = (
        select(each.c.id)
        .where(of.has_ready(each), each.c.connection_id == named.c.connection)
        .order_by(each.c.due_at, each.c.dirty_since)  # due_at is NULL: this is the index's order
        .limit(bindparam("share"))
        .with_for_update(skip_locked=True)
        .correlate(named)
    )
    place = func.row_number().over(
        partition_by=named.c.workspace, order_by=(marks.c.dirty_since, marks.c.id)
    )
    ranked = (
        select(marks.c.connection_id, marks.c.id, place.label("place"))
        .where(marks.c.connection_id == named.c.connection, is_among(marks.c.id, oldest))
        .subquery("ranked")
    )
    due = select(ranked.c.connection_id, ranked.c.id).where(ranked.c.place <= bindparam("share"))
    name = tuple_(IDENTITIES.c.connection_id, IDENTITIES.c.id)
    return (
        update_rows(IDENTITIES)
        .where(name.in_(due))
        .values(due_at=bindparam("until"))
        .returning(IDENTITIES)
    )


# --- rows -----------------------------------------------------------------------------------


async def _readable(rows: Sequence[RowMapping]) -> list[Mark]:
    marks, pace = [], Pace()
    for row in rows:
        try:
            marks.append(_mark_of(row))
        except ValidationError:
            named = {"connection": row["connection_id"], "identity": row["id"]}
            LOG.error("mark_unreadable", **named)  # noqa: TRY400 - its text would quote the profile
        await pace.breathe()
    return marks


def _mark_of(row: RowMapping) -> Mark:
    return Mark(
        connection_id=row["connection_id"],
        identity_id=row["id"],
        state=state_of(row),
        changed_at=row["changed_at"],
        attempts=row["attempts"],
        trace=Trace(correlation_id=row["correlation_id"], traceparent=row["traceparent"]),
        failed_publications=row["failed_publications"],
        suspect=row["suspect"],
    )
