"""Which marks are published next? Relays lease them, workspace by workspace, for a bounded time.

Every function runs inside the caller's transaction, and several relays may lease at once.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

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
    union_all,
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
from contracts.time_slice import TimeSlice
from contracts.topology import RETRY_DELAYS, Lane

LOG = structlog.get_logger(__name__)

IDENTITIES = Identity.__table__  # type: ignore[attr-defined]

LONGEST_RETRY_DELAY = RETRY_DELAYS[-1] * 1_000_000
"""The longest delay that a worker asks for, in microseconds."""

READIED_AT_ONCE = 1_000
"""Due marks that one statement makes ready, which takes a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A leased mark: an identity, the state to publish, and the history of its publications."""

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
    """The marks of a batch, and the workspace after which the next batch goes on.

    ``has_more``: the batch is full, so that there may be more marks.
    """

    marks: Sequence[Mark]
    last_served: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class MarkSelection:
    """Selects the suspects of a lane, or all its other marks."""

    lane: Lane
    suspect: bool = False

    def includes(self, marks: FromClause) -> ColumnElement[bool]:
        """Return the condition that a mark is selected, ready or not.

        Literals stand in place of parameters: PostgreSQL would plan once for all selections, and a
        lane may have no marks.
        """
        lane: ColumnElement[int] = literal_column(str(LANE_NUMBERS[self.lane]))
        is_suspect = marks.c.suspect == (true() if self.suspect else false())
        return and_(marks.c.dirty_lane == lane, is_suspect)

    def includes_ready(self, marks: FromClause) -> ColumnElement[bool]:
        """Return the condition that a mark is selected and ready."""
        return and_(self.includes(marks), marks.c.due_at.is_(None))


Waiting = Mapping[str, str]
"""The workspaces of the connections that have ready marks, by the connections' ids."""


async def look(db: AsyncConnection, *selections: MarkSelection) -> Sequence[Waiting]:
    """Return the connections that have ready marks of each selection, by one statement."""
    found: Sequence[dict[str, str]] = [{} for _ in selections]
    for number, connection_id, workspace in await db.execute(_look_statement(selections)):
        found[number][connection_id] = workspace
    return found


async def lease(
    db: AsyncConnection,
    selection: MarkSelection,
    waiting: Waiting,
    most: int,
    until: int,
    after: str = "",
) -> Leased:
    """Lease ready marks, which no other relay gets until the lease ends.

    The batch is shared between the workspaces that have marks, and filled with the oldest of each.
    An unreadable mark is left out, and stays leased, so that it does not hold up the others.

    :param waiting: the connections that have marks, as a look has found them.
    :param most: the size of the batch.
    :param until: when the leases end, in microseconds.
    :param after: the workspace that was served last.
    """
    round_robin = RoundRobin(list({*waiting.values()}), most, after)
    rows: list[RowMapping] = []
    while True:
        workspaces, share = round_robin.next()
        if not workspaces:
            break
        served = {id_: name for id_, name in waiting.items() if name in set(workspaces)}
        taken = await _lease_oldest(db, selection, served, share, until)
        round_robin.served(Counter(served[row["connection_id"]] for row in taken))
        rows += taken
    rows.sort(key=lambda row: row["dirty_since"])
    return Leased(await _readable(rows), round_robin.last_served, has_more=len(rows) == most)


async def is_any_due(db: AsyncConnection, now: int, lease: int) -> bool:
    """Return whether ``make_due_ready`` would find a mark, which takes no lock."""
    due = [select(col(Identity.id)).where(it).exists() for it in _due(now, lease)]
    return bool((await db.execute(select(or_(*due)))).scalar_one())


async def make_due_ready(db: AsyncConnection, now: int, lease: int) -> None:
    """Make marks ready that are due, or whose due time is impossible: clocks jump, and differ.

    A mark that waits for longer than any lease or delay got its time from a clock that was ahead.

    :param lease: the length of a lease, in microseconds.
    """
    for due in _due(now, lease):
        await _make_ready(db, due)


def _due(now: int, lease: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return two conditions of due marks, each of which is one range of the index."""
    due_at = col(Identity.due_at)
    too_long = or_(col(Identity.attempts) == 0, due_at > now + lease + LONGEST_RETRY_DELAY)
    return due_at <= now, and_(due_at > now + 2 * lease, too_long)


async def _make_ready(db: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Make marks ready whose due times lie in one range, which is one range of the index."""
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
    """Make every leased or waiting mark ready; return how many there were.

    A process that is the only relay calls this at its start: no relay is left that would settle the
    leases of a predecessor that was killed.
    """
    waiting = update_rows(Identity).where(col(Identity.due_at).is_not(None))
    return (await db.execute(waiting.values(due_at=null()))).rowcount


async def unleased_marks(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> Sequence[Mark]:
    """Return the states of identities as marks, dirty or not, without leasing them."""
    statement = select(IDENTITIES).where(
        col(Identity.connection_id) == connection_id, col(Identity.id).in_(ids)
    )
    return await _readable((await db.execute(statement)).mappings().all())


# --- statements -----------------------------------------------------------------------------


async def _lease_oldest(
    db: AsyncConnection, selection: MarkSelection, served: dict[str, str], share: int, until: int
) -> Sequence[RowMapping]:
    named = json.dumps([{"connection": it, "workspace": served[it]} for it in served])
    parameters = {"named": named, "share": share, "until": until}
    rows = await db.execute(_lease_statement(selection, db.dialect.name), parameters)
    return rows.mappings().all()


@cache
def _look_statement(selections: Sequence[MarkSelection]) -> Any:
    """Return the statement that finds connections with ready marks, with their selections."""
    return union_all(*(_connections_with_marks(it, at) for at, it in enumerate(selections)))


def _connections_with_marks(selection: MarkSelection, number: int) -> Select[int, str, str]:
    """Return the statement that finds connections with ready marks, by steps through the index.

    A step leads from one connection with marks to the next; ready ones are then looked for.
    PostgreSQL's statistics of marks are outdated, so the order decides: only this index has it.
    """
    marks = IDENTITIES.alias()
    in_order = (
        marks.c.connection_id,
        marks.c.due_at,
        marks.c.dirty_since,
    )  # only this index has the order
    first = (
        select(marks.c.connection_id).where(selection.includes(marks)).order_by(*in_order).limit(1)
    )
    found = select(first.scalar_subquery().label("id")).cte(f"found_{number}", recursive=True)
    beyond = first.where(marks.c.connection_id > found.c.id).correlate(found).scalar_subquery()
    found = found.union_all(select(beyond).where(found.c.id.is_not(None)))
    ready = first.where(marks.c.connection_id == found.c.id, marks.c.due_at.is_(None))
    return (
        select(literal_column(str(number)), col(Connection.id), col(Connection.workspace))
        .join(found, found.c.id == col(Connection.id))
        .where(ready.correlate(found).scalar_subquery().is_not(None))
    )


@cache
def _lease_statement(selection: MarkSelection, dialect: str) -> Update:
    """Return the statement that leases the oldest marks of each named workspace.

    The statement reads as many marks of each connection, by the index, as the whole workspace may
    get: the oldest marks of the workspace are among them.
    """
    columns = [column("connection", String), column("workspace", String)]
    named = rows_in(bindparam("named", type_=String), columns, dialect)
    each, marks = IDENTITIES.alias("each"), IDENTITIES.alias("marks")
    oldest = (
        select(each.c.id)
        .where(selection.includes_ready(each), each.c.connection_id == named.c.connection)
        .order_by(each.c.due_at, each.c.dirty_since)  # due_at is NULL: this is the index's order
        .limit(bindparam("share"))
        .with_for_update(skip_locked=True)
        .correlate(named)
    )
    rank = func.row_number().over(
        partition_by=named.c.workspace, order_by=(marks.c.dirty_since, marks.c.id)
    )
    ranked = (
        select(marks.c.connection_id, marks.c.id, rank.label("rank"))
        .where(marks.c.connection_id == named.c.connection, is_among(marks.c.id, oldest))
        .subquery("ranked")
    )
    due = select(ranked.c.connection_id, ranked.c.id).where(ranked.c.rank <= bindparam("share"))
    name = tuple_(IDENTITIES.c.connection_id, IDENTITIES.c.id)
    return (
        update_rows(IDENTITIES)
        .where(name.in_(due))
        .values(due_at=bindparam("until"))
        .returning(IDENTITIES)
    )


# --- rows -----------------------------------------------------------------------------------


async def _readable(rows: Sequence[RowMapping]) -> list[Mark]:
    marks, time_slice = [], TimeSlice()
    for row in rows:
        try:
            marks.append(_mark_of(row))
        except ValidationError:
            named = {"connection": row["connection_id"], "identity": row["id"]}
            LOG.error("mark_unreadable", **named)  # noqa: TRY400 - the error's text quotes the profile
        await time_slice.pause_if_over()
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
