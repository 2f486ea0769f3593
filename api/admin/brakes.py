"""How is the brake of a connection changed? A new limit counts the last hour's losses as well."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import ConnectionInUse, find_connection
from api.admin.scope import connection_for
from api.directory.administration_tables import Brake
from api.directory.brake_limits import limit_in
from api.directory.tables import Connection
from api.traces import new_trace


async def change_brake(
    it: Administration,
    actor: Actor,
    connection_id: str,
    brake: str,
    *,
    seen: str | None = None,
) -> ConnectionInUse:
    """Set how many people may leave within an hour, and return the connection as it is then.

    A brake that has tripped judges later losses anew, even if the limit stays the same. Held losses
    stay held until they are approved or rejected.

    :param brake: ``off``, or ``NUMBER:SHARE``.
    :param seen: the digest of the settings that the change is based on; None: of any.
    :raises ConnectionChanged: when the settings have another digest by now.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises UnusableBrake: when the text is no brake.
    """
    limit_in(brake)
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        found.check_settings(seen)
        await set_brake(db, actor, found, brake, now)
        return await find_connection(db, connection_id)


async def set_brake(
    db: AsyncConnection, actor: Actor, found: ConnectionInUse, brake: str, now: int
) -> None:
    """Set and record the brake of a connection within a transaction that has locked its row.

    :param brake: a brake that ``limit_in`` has taken.
    """
    of_connection = col(Connection.id) == found.id
    await db.execute(update(Connection).where(of_connection).values(brake=brake))
    brakes = update(Brake).where(col(Brake.connection_id) == found.id)
    await db.execute(brakes.values(tripped_at=None))
    before, after = {"brake": found.brake}, {"brake": brake}
    change = Change("connections.brake", found.workspace, found.id, None, before, after)
    await record(db, actor, change, now, new_trace())
