"""Which connections does an actor reach? Those of other workspaces are unknown to the actor."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor, Power
from api.admin.connections import ConnectionInUse, find_connection
from api.errors import UnknownConnection


async def connection_for(
    db: AsyncConnection, actor: Actor, connection_id: str, power: Power, *, lock: bool = False
) -> ConnectionInUse:
    """Return a connection within a transaction, if the actor has a power over it.

    :param lock: whether the row is locked until the end of the transaction.
    :raises UnknownConnection: when no connection has this id, or the actor does not reach it.
    :raises NotAllowed: when the actor reaches it with less power.
    """
    found = await find_connection(db, connection_id, lock=lock)
    if not actor.reaches(found.workspace):
        raise UnknownConnection(connection_id)
    actor.check(power)
    return found
