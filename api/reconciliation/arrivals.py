"""Which identities have arrived downstream since they were marked? A look counts them.

An identity is awaited in the version that it had when the wait began, so that changes that come
meanwhile prolong no wait. It has arrived once this version, or a newer one, was applied or given
up.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import RowMapping, select
from sqlmodel import col

from api.directory.connection_states import PUBLISHING, ConnectionState, Standing
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import PAGE_SIZE, ids_by_connection
from api.directory.leavings import Leaving
from api.directory.tables import Connection, Identity
from contracts.downstream.sync_states import SyncState, SyncStates


class Fate(StrEnum):
    """The fate of an awaited identity.

    ``HELD`` means that its connection does not publish its mark at present. ``BRAKED`` means that
    downstream has applied the state before a leaving that a brake holds.
    """

    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
    BRAKED = "braked"
    HELD = "held"
    WAITING = "waiting"


UNDECIDED = frozenset({Fate.HELD, Fate.WAITING})
"""The fates that may still change by themselves, or by an administrator."""

COLUMNS = (
    col(Identity.id),
    col(Identity.version),
    col(Identity.dirty_lane),
    col(Identity.rejected_version),
    col(Identity.leaving),
    col(Connection.state),
    col(Connection.switched_off_at),
)


@dataclass(slots=True)
class Awaited:
    """Identities whose arrival is awaited, and their fates as of the last look.

    ``versions`` are the awaited versions of undecided identities, by connection and id, and
    ``fates`` the numbers of all identities by fate. ``holders`` are the connections that held
    identities at the last look, with their standing, and ``braked`` the connections with a brake
    that holds leavings.
    """

    versions: dict[str, dict[str, int]] = field(default_factory=dict)
    fates: Counter[Fate] = field(default_factory=Counter)
    holders: dict[str, Standing] = field(default_factory=dict)
    braked: set[str] = field(default_factory=set)

    async def look(self, directory: DirectoryDatabase, states: SyncStates) -> None:
        """Count the fates of the identities; an identity with a final fate is not read again."""
        for fate in UNDECIDED:
            del self.fates[fate]
        self.holders.clear()
        for connection, versions in self.versions.items():
            for ids in _pages(list(versions)):
                known = await states.of(connection, ids)  # read before the rows, so never newer
                rows = await _rows_of(directory, connection, ids)
                for id_ in set(ids) - rows.keys():
                    del versions[id_]  # deleted with its connection
                for id_, row in rows.items():
                    fate = fate_of(row, known.get(id_), versions[id_])
                    self.fates[fate] += 1
                    if fate is Fate.HELD:
                        state = ConnectionState(row["state"])
                        self.holders[connection] = Standing(state, row["switched_off_at"])
                    if fate is Fate.BRAKED:
                        self.braked.add(connection)
                    if fate not in UNDECIDED:
                        del versions[id_]


async def awaited_among(
    directory: DirectoryDatabase, named: Mapping[str, Collection[str]]
) -> Awaited:
    """Return the named identities that the directory knows, awaited in their present versions.

    :param named: ids of identities by connection.
    """
    awaited = Awaited()
    for connection, ids in named.items():
        for page in _pages(list(ids)):
            await _await(awaited, directory, connection, page)
    return awaited


async def awaited_of(
    directory: DirectoryDatabase,
    connection: str | None,
    except_for: Collection[tuple[str, str]] = (),
) -> Awaited:
    """Return all identities of a connection, awaited in their present versions.

    :param connection: None: all connections.
    :param except_for: connections and ids of identities that are not awaited.
    """
    awaited = Awaited()
    async for of_connection, ids in ids_by_connection(directory, connection):
        page = [it for it in ids if (of_connection, it) not in except_for]
        await _await(awaited, directory, of_connection, page)
    return awaited


def fate_of(row: RowMapping, state: SyncState | None, version: int) -> Fate:
    """Return the fate of an identity that is awaited in a version. Pure."""
    if state is not None and state.newest_version >= version:
        if state.failure is not None and state.failure.version >= version:
            return Fate.FAILED
        if row["leaving"] == Leaving.HELD:
            return Fate.BRAKED
        return Fate.REFUSED if state.refusals else Fate.APPLIED
    if (row["rejected_version"] or 0) >= version:
        return Fate.FAILED
    is_held = row["dirty_lane"] is not None and row["state"] not in PUBLISHING
    return Fate.HELD if is_held else Fate.WAITING


async def _await(
    awaited: Awaited, directory: DirectoryDatabase, connection: str, ids: Sequence[str]
) -> None:
    rows = await _rows_of(directory, connection, ids)
    versions = awaited.versions.setdefault(connection, {})
    versions.update((id_, row["version"]) for id_, row in rows.items())


async def _rows_of(
    directory: DirectoryDatabase, connection: str, ids: Sequence[str]
) -> Mapping[str, RowMapping]:
    statement = (
        select(*COLUMNS)
        .join(Connection, col(Connection.id) == col(Identity.connection_id))
        .where(col(Identity.connection_id) == connection, col(Identity.id).in_(ids))
    )
    async with directory.read() as db:
        return {row["id"]: row for row in (await db.execute(statement)).mappings()}


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE_SIZE):
        yield ids[start : start + PAGE_SIZE]
