"""How is a connection stopped and let go on? Each verb sets its state at once.

Accepted changes are marked in every state, so that nothing but the state has to change:
relays leave out the marks of a connection that does not publish, and take them once it is live.
"""

from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import ConnectionInUse, find_connection
from api.admin.scope import connection_for
from api.directory.connection_states import Verb
from api.directory.tables import Connection
from api.traces import new_trace


async def change_state(
    it: Administration, actor: Actor, connection_id: str, verb: Verb
) -> ConnectionInUse:
    """Pause, observe, resume or switch a connection, and return it as it is then.

    A verb that has come true already changes nothing, and is not recorded. Events that relays have
    leased before are still published.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises ConnectionOff: when it is to go live while it is switched off.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        standing = found.standing.after(verb, now)
        if standing == found.standing:
            return found
        values = {
            "state": standing.state,
            "switched_off_at": standing.switched_off_at,
            "state_since": now,
            "state_by": actor.name,
        }
        of_connection = col(Connection.id) == connection_id
        await db.execute(update(Connection).where(of_connection).values(values))
        change = Change(
            f"connections.{verb}",
            found.workspace,
            connection_id,
            before={"state": found.standing.shown},
            after={"state": standing.shown},
        )
        await record(db, actor, change, now, new_trace())
        return await find_connection(db, connection_id)


async def show_connection(it: Administration, actor: Actor, connection_id: str) -> ConnectionInUse:
    """Return a connection.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    async with it.directory.read() as db:
        return await connection_for(db, actor, connection_id, Power.VIEW)
