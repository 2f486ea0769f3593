"""How are identities published again? A resync marks them all, but for unknown leavers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import list_connections
from api.admin.scope import connection_for
from api.directory.dialects import DirectoryDatabase
from api.errors import UnknownIdentity
from api.outbox.marks import mark_connection, mark_identities
from api.reconciliation.leavers import unknown_leavers
from api.reconciliation.verdicts import Finding
from api.traces import new_trace


@dataclass(frozen=True, slots=True)
class Resynced:
    """The number of marked identities, and the leavers unknown to the directory, left unmarked."""

    marked: int
    left_alone: Sequence[Finding]


async def resync(
    it: Administration, actor: Actor, connection_id: str, identity: str | None = None
) -> Resynced:
    """Publish one identity of a connection again, or all of them, but for unknown leavers.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises UnknownIdentity: when the connection never had this identity.
    """
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.OWN)
    states = it.downstream.states
    leavers = await unknown_leavers(it.directory, states, connection_id, identity, it.clock)
    left_alone = {leaver.identity for leaver in leavers}
    marked = await publish_again(
        it.directory,
        connection_id,
        it.clock(),
        identity=identity,
        except_for=left_alone,
        actor=actor,
    )
    return Resynced(marked, leavers)


async def resync_all(it: Administration, actor: Actor) -> Resynced:
    """Publish the identities of every connection again, but for unknown leavers.

    :raises NotAllowed: when the actor does not operate the installation.
    """
    actor.check_installation(Power.OPERATE)
    connections = await list_connections(it, actor)
    each = [await resync(it, actor, connection.id) for connection in connections]
    left_alone = [leaver for done in each for leaver in done.left_alone]
    return Resynced(sum(done.marked for done in each), left_alone)


async def publish_again(
    database: DirectoryDatabase,
    connection_id: str,
    now: int,
    *,
    identity: str | None = None,
    except_for: Collection[str] = (),
    actor: Actor = COMMAND,
) -> int:
    """Mark one identity of a connection, or all of them, and return how many were marked.

    :param except_for: the ids of identities left unmarked: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises UnknownIdentity: when the connection never had this identity.
    """
    async with database.write() as db:
        found, trace = await connection_for(db, actor, connection_id, Power.OWN), new_trace()
        change = Change("identities.resync", found.workspace, connection_id, subject=identity)
        await record(db, actor, change, now, trace)
        if identity is None:
            return await mark_connection(db, connection_id, trace, now, except_for=except_for)
        if identity in except_for:
            return 0
        marked = await mark_identities(db, connection_id, [identity], trace, now)
        if not marked:
            raise UnknownIdentity(connection_id)
        return marked
