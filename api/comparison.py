"""How do directory and downstream compare? Every identity with what downstream knows of it."""

from collections.abc import AsyncIterator, Sequence

from api.directory.census import CountedIdentity, count_some, ids_by_connection
from api.directory.database import DirectoryDatabase
from contracts.downstream_facts import SyncState, SyncStates

Compared = tuple[CountedIdentity, SyncState | None]
"""An identity, and its state downstream; None where it is not known there."""


async def compared(
    directory: DirectoryDatabase, states: SyncStates
) -> AsyncIterator[Sequence[Compared]]:
    """Yield all identities in pages, each of one connection.

    Downstream is asked first, so that it never seems to know more than the directory does.
    """
    async for connection_id, ids in ids_by_connection(directory):
        known = await states.of(connection_id, ids)
        async with directory.read() as db:
            identities = await count_some(db, connection_id, ids)
        yield [(identity, known.get(identity.identity_id)) for identity in identities]
