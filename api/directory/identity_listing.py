"""Which identities are there, how new is each, and how many are dirty? Whatever their number."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import RowMapping, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_rows import LANE_NUMBERS
from api.directory.tables import Identity
from contracts.clock import seconds_since
from contracts.downstream_facts import Failure
from contracts.topology import Lane

PAGE_SIZE = 1000

UNPUBLISHABLE = "unpublishable"
"""The kind of failure of what the transport does not take, beside those of the worker."""

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
    col(Identity.rejection),
    col(Identity.rejected_version),
    col(Identity.rejections),
)
IDENTITY_KEY = tuple_(col(Identity.connection_id), col(Identity.id))


@dataclass(frozen=True, slots=True)
class IdentityVersion:
    """An identity, its newest version, and when that became due downstream (microseconds).

    ``published_at`` is of the last publication, whichever version that was. ``deactivated_at`` is
    the version of the last deactivation that the directory knows of; 0: none. ``rejected``: why
    this version cannot be published.
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


@dataclass(frozen=True, slots=True)
class Marks:
    """The dirty identities of a lane: how many, and for how many seconds the oldest has been.

    A mark of a clock that was ahead is as old as that was wrong.
    """

    count: int = 0
    oldest_age: float = 0.0


async def count_marks(db: AsyncConnection, now: int) -> Mapping[Lane, Marks]:
    """Count the dirty identities of each lane."""
    lane, since = col(Identity.dirty_lane), col(Identity.dirty_since)
    statement = (
        select(lane, func.count(), func.min(since), func.max(since))
        .where(lane.is_not(None))
        .group_by(lane)
    )
    found = {
        number: Marks(count, max(seconds_since(it or now, now) for it in times))
        for number, count, *times in await db.execute(statement)
    }
    return {lane: found.get(number, Marks()) for lane, number in LANE_NUMBERS.items()}


async def ids_by_connection(
    database: DirectoryDatabase, connection: str | None = None
) -> AsyncIterator[tuple[str, Sequence[str]]]:
    """Yield the ids of all identities, page by page; no transaction stays open in between.

    :param connection: only those of this one.
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
    """Return those of the identities that there are, in the order of ids."""
    statement = select(*LISTED_COLUMNS).where(
        LISTED_COLUMNS[0] == connection_id, LISTED_COLUMNS[1].in_(ids)
    )
    rows = (await db.execute(statement.order_by(LISTED_COLUMNS[1]))).mappings()
    return [_listed(row) for row in rows]


async def known_ids(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> frozenset[str]:
    """Return which of the ids are identities of a connection."""
    statement = select(LISTED_COLUMNS[1]).where(
        LISTED_COLUMNS[0] == connection_id, LISTED_COLUMNS[1].in_(ids)
    )
    return frozenset(await db.scalars(statement))


def _listed(row: RowMapping) -> IdentityVersion:
    return IdentityVersion(
        row["connection_id"],
        row["id"],
        row["version"],
        row["deleted"],
        row["dirty_lane"] is not None,
        row["dirty_since"] or row["changed_at"],
        row["published_at"],
        row["active"],
        row["deactivated_at"],
        _rejection_in(row),
    )


def _rejection_in(row: RowMapping) -> Failure | None:
    if row["rejected_version"] != row["version"] or row["dirty_lane"] is not None:
        return None  # something newer is on its way
    return Failure(UNPUBLISHABLE, row["rejection"], row["rejections"], row["version"])
