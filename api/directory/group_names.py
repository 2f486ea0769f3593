"""What are groups called that are known by their ids? One statement reads the names of many."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import GroupRow


async def group_names(
    db: AsyncConnection, connections: Collection[str], ids: Collection[str]
) -> Mapping[tuple[str, str], str]:
    """Return the names of the groups of some connections that have one of the ids, by both."""
    of, id_ = col(GroupRow.connection_id), col(GroupRow.id)
    statement = select(of, id_, col(GroupRow.display_name)).where(of.in_(connections), id_.in_(ids))
    return {(connection, group): name for connection, group, name in await db.execute(statement)}
