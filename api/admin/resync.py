"""How are identities published again? A resync marks them all, but for unknown leavers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.admin.connections import find_connection, list_connections
from api.directory.dialects import DirectoryDatabase
from api.errors import UnknownIdentity
from api.outbox.marks import mark_connection, mark_identities
from api.reconciliation.leavers import unknown_leavers
from api.reconciliation.verdicts import Finding
from api.traces import new_trace
from contracts.clock import Clock, now
from contracts.downstream.sync_states import SyncStates


@dataclass(frozen=True, slots=True)
class Resynced:
    """The number of marked identities, and the leavers unknown to the directory, left unmarked."""

    marked: int
    left_alone: Sequence[Finding]


async def resync(
    directory: DirectoryDatabase,
    states: SyncStates,
    connection_id: str,
    identity: str | None = None,
    clock: Clock = now,
) -> Resynced:
    """Publish one identity of a connection again, or all of them, but for unknown leavers.

    :raises UnknownConnection: when there is no connection with this id.
    :raises UnknownIdentity: when the connection never had this identity.
    """
    leavers = await unknown_leavers(directory, states, connection_id, identity, clock)
    left_alone = {it.identity for it in leavers}
    marked = await publish_again(
        directory, connection_id, clock(), identity=identity, except_for=left_alone
    )
    return Resynced(marked, leavers)


async def resync_all(
    directory: DirectoryDatabase, states: SyncStates, clock: Clock = now
) -> Resynced:
    """Publish the identities of every connection again, but for unknown leavers."""
    connections = await list_connections(directory)
    each = [await resync(directory, states, it.id, clock=clock) for it in connections]
    left_alone = [leaver for done in each for leaver in done.left_alone]
    return Resynced(sum(done.marked for done in each), left_alone)


async def publish_again(
    database: DirectoryDatabase,
    connection_id: str,
    now: int,
    *,
    identity: str | None = None,
    except_for: Collection[str] = (),
) -> int:
    """Mark one identity of a connection, or all of them, and return how many were marked.

    :param except_for: the ids of identities left unmarked: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises UnknownIdentity: when the connection never had this identity.
    """
    async with database.write() as db:
        await find_connection(db, connection_id)
        if identity is None:
            return await mark_connection(db, connection_id, new_trace(), now, except_for=except_for)
        if identity in except_for:
            return 0
        marked = await mark_identities(db, connection_id, [identity], new_trace(), now)
        if not marked:
            raise UnknownIdentity(connection_id, identity)
        return marked
