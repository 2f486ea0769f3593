"""Which identities are there, and how new is each? Page by page, whatever their number."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import Identity

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
