"""Which identities are there, how new is each, and how many are dirty? Whatever their number."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dirty_set import LANE_NUMBERS
from api.directory.tables import Identity
from contracts.topology import Lane

PAGE = 1000


@dataclass(frozen=True, slots=True)
class CountedIdentity:
    """An identity, its newest version, and when that became due downstream (microseconds)."""

    connection_id: str
    identity_id: str
    version: int
    deleted: bool
    dirty: bool
    since: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The dirty identities of a lane: how many, and for how many seconds the oldest has been."""

    count: int = 0
    oldest_age: float = 0.0


async def count_marks(db: AsyncConnection, now: int) -> Mapping[Lane, Marks]:
    """Count the dirty identities of each lane."""
    lane = col(Identity.dirty_lane)
    statement = (
        select(lane, func.count(), func.min(col(Identity.dirty_since)))
        .where(lane.is_not(None))
        .group_by(lane)
    )
    found = {
        number: Marks(count, max(0, now - (since or now)) / 1_000_000)
        for number, count, since in await db.execute(statement)
    }
    return {lane: found.get(number, Marks()) for lane, number in LANE_NUMBERS.items()}


async def pages(db: AsyncConnection) -> AsyncIterator[Sequence[CountedIdentity]]:
    """Yield all identities in pages, each of one connection or of several, in the order of ids."""
    key = tuple_(col(Identity.connection_id), col(Identity.id))
    statement = (
        select(
            col(Identity.connection_id),
            col(Identity.id),
            col(Identity.version),
            col(Identity.deleted),
            col(Identity.dirty_lane),
            col(Identity.dirty_since),
            col(Identity.changed_at),
        )
        .order_by(col(Identity.connection_id), col(Identity.id))
        .limit(PAGE)
    )
    after = ("", "")
    while rows := (await db.execute(statement.where(key > tuple_(*after)))).all():
        yield [
            CountedIdentity(connection, id_, version, deleted, lane is not None, since or changed)
            for connection, id_, version, deleted, lane, since, changed in rows
        ]
        after = (rows[-1][0], rows[-1][1])
