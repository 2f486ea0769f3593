"""How do directory and downstream compare? Every identity with what downstream knows of it."""

from collections.abc import AsyncIterator, Sequence

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import IdentityVersion, ids_by_connection, list_identities
from contracts.downstream_facts import SyncState, SyncStates

Pair = tuple[IdentityVersion, SyncState | None]
"""An identity, and its state downstream; None where it is not known there."""


async def all_pairs(
    directory: DirectoryDatabase, states: SyncStates, connection: str | None = None
) -> AsyncIterator[Sequence[Pair]]:
    """Yield all identities, or those of one connection, in pages, each of one connection."""
    async for connection_id, ids in ids_by_connection(directory, connection):
        yield await pairs_of(directory, states, connection_id, ids)


async def pairs_of(
    directory: DirectoryDatabase, states: SyncStates, connection: str, ids: Sequence[str]
) -> Sequence[Pair]:
    """Return those of some identities that the directory has, in the order of their ids.

    Downstream is asked first, so that it never seems to know more than the directory does.
    """
    known = await states.of(connection, ids)
    async with directory.read() as db:
        identities = await list_identities(db, connection, ids)
    return [(identity, known.get(identity.identity_id)) for identity in identities]
