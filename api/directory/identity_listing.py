"""Which identities are there, how new is each, and how many are dirty? Pages list any number."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, RowMapping, func, literal, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.brake_limits import Effect
from api.directory.connection_states import PUBLISHING, ConnectionState
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_rows import LANE_NUMBERS
from api.directory.leavings import KEPT_BACK, Leaving
from api.directory.tables import Connection, Identity
from contracts.clock import seconds_since
from contracts.downstream.sync_states import Failure
from contracts.topology import Lane

PAGE_SIZE = 1000
"""Identities that one statement lists."""

UNPUBLISHABLE = "unpublishable"
"""The kind of failure of an event that the transport rejects; all other kinds are the worker's."""

LANES: Mapping[int | None, Lane] = {number: lane for lane, number in LANE_NUMBERS.items()}

LISTED_COLUMNS = (
    col(Identity.connection_id),
    col(Identity.id),
    col(Identity.version),
    col(Identity.deleted),
    col(Identity.dirty_lane),
    col(Identity.dirty_since),
    col(Identity.changed_at),
    col(Identity.published_at),
    col(Identity.active),
    col(Identity.deactivated_at),
    col(Identity.leaving),
    col(Identity.earlier_leaving),
    col(Identity.admin_hold),
    col(Identity.rejection),
    col(Identity.rejected_version),
    col(Identity.rejections),
)
IDENTITY_KEY = tuple_(col(Identity.connection_id), col(Identity.id))


@dataclass(frozen=True, slots=True)
class IdentityVersion:
    """An identity, its newest version, and since when that is due downstream (microseconds).

    ``published_at`` is the time of the last publication, of whichever version. ``deactivated_at``
    is the version of the last deactivation that the directory knows, or 0. ``rejected`` is the
    failure of this version, if it cannot be published. ``publishes`` says whether the connection
    publishes what it accepts, ``held`` whether a brake holds a loss, and ``waived`` whether a held
    loss was rejected, so that the person keeps what was to be lost. While a leaving is held or
    waived, ``deleted``, ``active`` and ``deactivated_at`` are as before it, as events tell them.
    """

    connection_id: str
    identity_id: str
    version: int
    deleted: bool
    dirty: bool
    since: int
    published_at: int | None = None
    active: bool = True
    deactivated_at: int = 0
    rejected: Failure | None = None
    publishes: bool = True
    held: bool = False
    connection_state: ConnectionState = ConnectionState.LIVE
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """The number of dirty identities of a lane, and the age of the oldest mark in seconds.

    The age of a mark from a clock that was ahead is the error of that clock.
    """

    count: int = 0
    oldest_age: float = 0.0


@dataclass(frozen=True, slots=True)
class CountedMarks:
    """The marks of each lane that wait for relays, and the numbers of those that are held.

    ``held`` has a number for each state of a connection that does not publish. ``losses`` are
    those that brakes hold, by their effects, with the age of the longest hold.
    """

    lanes: Mapping[Lane, Marks]
    held: Mapping[ConnectionState, int]
    losses: Mapping[Effect, Marks]


async def count_marks(db: AsyncConnection, now: int) -> CountedMarks:
    """Count the dirty identities of each lane, those that do not publish, and held leavings."""
    lane, since, state = col(Identity.dirty_lane), col(Identity.dirty_since), col(Connection.state)
    statement = (
        select(state, lane, func.count(), func.min(since), func.max(since))
        .join(Connection, col(Connection.id) == col(Identity.connection_id))
        .where(lane.is_not(None))
        .group_by(state, lane)
    )
    lanes = dict.fromkeys(Lane, Marks())
    held = dict.fromkeys(sorted(set(ConnectionState) - PUBLISHING), 0)
    for of_state, number, count, *times in await db.execute(statement):
        if of_state in held:
            held[ConnectionState(of_state)] += count
            continue
        of_lane = LANES[number]
        oldest = max(seconds_since(it or now, now) for it in times)
        known = lanes[of_lane]
        lanes[of_lane] = Marks(known.count + count, max(known.oldest_age, oldest))
    return CountedMarks(lanes, held, await _held_losses(db, now))


async def _held_losses(db: AsyncConnection, now: int) -> Mapping[Effect, Marks]:
    """Count the losses that brakes hold, by their indexes."""
    counted = dict.fromkeys(Effect, Marks())
    named = func.coalesce(col(Identity.earlier_leaving)["effect"].as_string(), Effect.DEACTIVATION)
    admin_role = literal(Effect.ADMIN_ROLE)
    held: ColumnElement[int] = literal_column(str(int(Leaving.HELD)))
    for effect, hold, since in (
        (named, col(Identity.leaving), col(Identity.held_since)),
        (admin_role, col(Identity.admin_hold), col(Identity.admin_held_since)),
    ):
        named_so = effect.label("effect")
        each = select(named_so, since.label("since")).where(hold == held).subquery()
        statement = select(each.c.effect, func.count(), func.min(each.c.since))
        for name, count, first in await db.execute(statement.group_by(each.c.effect)):
            counted[Effect(name)] = Marks(count, seconds_since(first, now))
    return counted


async def ids_by_connection(
    database: DirectoryDatabase, connection: str | None = None
) -> AsyncIterator[tuple[str, Sequence[str]]]:
    """Yield connections with the ids of their identities, page by page, and no transaction between.

    :param connection: the only connection to list; None lists all.
    """
    statement = select(*LISTED_COLUMNS[:2]).order_by(*LISTED_COLUMNS[:2]).limit(PAGE_SIZE)
    if connection is not None:
        statement = statement.where(LISTED_COLUMNS[0] == connection)
    after = ("", "")
    while True:
        async with database.read() as db:
            rows = (await db.execute(statement.where(tuple_(*after) < IDENTITY_KEY))).all()
        for connection_id, page in groupby(rows, itemgetter(0)):
            yield connection_id, [id_ for _, id_ in page]
        if len(rows) < PAGE_SIZE:
            return
        after = (rows[-1][0], rows[-1][1])


async def list_identities(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> Sequence[IdentityVersion]:
    """Return the identities of a connection that have one of the ids, in the order of ids."""
    statement = (
        select(*LISTED_COLUMNS, col(Connection.state))
        .join(Connection, col(Connection.id) == LISTED_COLUMNS[0])
        .where(LISTED_COLUMNS[0] == connection_id, LISTED_COLUMNS[1].in_(ids))
    )
    rows = (await db.execute(statement.order_by(LISTED_COLUMNS[1]))).mappings()
    return [_listed(row) for row in rows]


async def known_ids(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> frozenset[str]:
    """Return those of the ids that identities of a connection have."""
    statement = select(LISTED_COLUMNS[1]).where(
        LISTED_COLUMNS[0] == connection_id, LISTED_COLUMNS[1].in_(ids)
    )
    return frozenset(await db.scalars(statement))


def _listed(row: RowMapping) -> IdentityVersion:
    kept = None if row["active"] or row["leaving"] not in KEPT_BACK else row["earlier_leaving"]
    is_active = row["active"] or kept is not None
    return IdentityVersion(
        row["connection_id"],
        row["id"],
        row["version"],
        row["deleted"] and kept is None,
        row["dirty_lane"] is not None,
        row["dirty_since"] or row["changed_at"],
        row["published_at"],
        is_active,
        row["deactivated_at"] if kept is None else kept["deactivated_at"],
        _rejection_in(row),
        row["state"] in PUBLISHING,
        Leaving.HELD in (row["leaving"], row["admin_hold"]),
        ConnectionState(row["state"]),
        is_active and Leaving.WAIVED in (kept and row["leaving"], row["admin_hold"]),
    )


def _rejection_in(row: RowMapping) -> Failure | None:
    if row["rejected_version"] != row["version"] or row["dirty_lane"] is not None:
        return None  # a newer version is on its way
    return Failure(UNPUBLISHABLE, row["rejection"], row["rejections"], row["version"])
