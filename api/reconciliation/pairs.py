"""How do directory and downstream compare? Identities are paired with their sync states."""

from collections.abc import AsyncIterator, Sequence

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import IdentityVersion, ids_by_connection, list_identities
from contracts.downstream.sync_states import SyncState, SyncStates

Pair = tuple[IdentityVersion, SyncState | None]
"""An identity and its sync state, which is None where downstream does not know the identity."""


async def all_pairs(
    directory: DirectoryDatabase, states: SyncStates, connection: str | None = None
) -> AsyncIterator[Sequence[Pair]]:
    """Yield the pairs of all identities, or of one connection, in pages of one connection each."""
    async for connection_id, ids in ids_by_connection(directory, connection):
        yield await pairs_of(directory, states, connection_id, ids)


async def pairs_of(
    directory: DirectoryDatabase, states: SyncStates, connection: str, ids: Sequence[str]
) -> Sequence[Pair]:
    """Return the pairs of those identities that the directory has, in the order of their ids.

    Downstream is read first, so that it never seems to know more than the directory does.
    """
    sync_states = await states.of(connection, ids)
    async with directory.read() as db:
        identities = await list_identities(db, connection, ids)
    return [(identity, sync_states.get(identity.identity_id)) for identity in identities]
