"""What goes with a connection? Slices delete all its rows but two logs, and its own row last.

Every function runs inside the caller's transaction.
"""

from collections.abc import Sequence

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.administration_tables import AuditEntry
from api.directory.dialects import is_among, row_location
from api.directory.tables import ApiTable, Connection, Identity
from api.traces import new_trace

SLICE = 1_000
"""Rows that one transaction deletes."""

OUTLIVING = frozenset({"audit_log", "request_log"})
"""The tables whose rows tell of a connection after its end."""

REMOVED = (
    "users",
    "user_range_changes",  # which a trigger writes for each deleted user
    "user_ranges",
    "memberships",
    "groups",
    "brakes",
    "brake_releases",
    "rate_shares",
    "setup_links",
    "tokens",
)
"""The tables whose rows go, in that order. Identities have gone before, when each was applied."""


def _table(name: str) -> Table:
    return ApiTable.metadata.tables[name]


async def remove_applied(db: AsyncConnection, connection_id: str, ids: Sequence[str]) -> int:
    """Delete identities whose last state is applied, unless they are marked by now."""
    statement = delete(Identity).where(
        col(Identity.connection_id) == connection_id,
        col(Identity.id).in_(ids),
        col(Identity.deleted).is_(True),
        col(Identity.dirty_lane).is_(None),
    )
    return (await db.execute(statement)).rowcount


async def has_identities(db: AsyncConnection, connection_id: str) -> bool:
    """Return whether a connection has an identity left."""
    of_connection = col(Identity.connection_id) == connection_id
    return await db.scalar(select(col(Identity.id)).where(of_connection).limit(1)) is not None


async def count_left(db: AsyncConnection, connection_id: str) -> int:
    """Return the number of identities that a connection has left."""
    of_connection = col(Identity.connection_id) == connection_id
    counted = select(func.count()).select_from(Identity).where(of_connection)
    return await db.scalar(counted) or 0


async def remove_rows(db: AsyncConnection, connection_id: str) -> bool:
    """Delete a slice of the rows that go with a connection; return whether there were any."""
    for name in REMOVED:
        table = _table(name)
        some, each = table.alias("some"), table.c.connection_id
        located = select(row_location(some.c.connection_id)).where(
            some.c.connection_id == connection_id
        )
        statement = delete(table).where(is_among(row_location(each), located.limit(SLICE)))
        if (await db.execute(statement)).rowcount:
            return True
    return False


async def remove_connection(
    db: AsyncConnection, connection_id: str, workspace: str, actor: str, now: int
) -> None:
    """Delete the row of a connection that has no others left, and record the end of its deletion.

    :param actor: the name of the actor who deletes it.
    :raises IntegrityError: when it has got a row meanwhile.
    """
    await db.execute(delete(Connection).where(col(Connection.id) == connection_id))
    ended = {
        "at": now,
        "actor": actor,
        "workspace": workspace,
        "connection_id": connection_id,
        "action": "connections.delete",
        "outcome": "done",
        "correlation_id": new_trace().correlation_id,
    }
    await db.execute(insert(AuditEntry).values(ended))
