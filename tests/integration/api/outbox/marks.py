"""How do tests come by marks of many workspaces? Rows of identities, without the users."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_changes import ReleasedAttributes, after_creation
from api.directory.identity_rows import new_row
from api.directory.tables import Identity
from api.outbox.due_marks import make_due_ready
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import Mark, lease
from contracts.identity_changed import Profile, Trace
from contracts.topology import Lane
from tests.drivers.in_process import RULES

SECOND = 1_000_000
NOW = 2_000_000_000 * SECOND
LEASE = 60 * SECOND


async def connect(directory: DirectoryDatabase, *workspaces: str) -> dict[str, str]:
    """Switch SCIM on for workspaces; return their connections."""
    return {it: (await create_connection(directory, it, RULES, NOW)).id for it in workspaces}


async def mark(
    directory: DirectoryDatabase,
    connection: str,
    ids: Sequence[str],
    since: int = NOW,
    roles: Sequence[str] = (),
) -> None:
    """Make identities that are marked, one after the other from then on, with SCIM roles if any."""
    rows = [
        new_row(
            connection,
            id_,
            after_creation(
                ReleasedAttributes(True, Profile(user_name=id_), tuple(roles)), since + at
            ),
            Trace(correlation_id=""),
            since + at,
        )
        for at, id_ in enumerate(ids)
    ]
    async with directory.write() as db:
        for start in range(0, len(rows), 5_000):
            await db.execute(insert(Identity), rows[start : start + 5_000])


async def taken(
    directory: DirectoryDatabase,
    most: int,
    now: int = NOW,
    *,
    after: str = "",
    suspect: bool = False,
    lane: Lane = Lane.BULK,
) -> Sequence[Mark]:
    """Lease marks, and commit."""
    async with directory.write() as db:
        selection = MarkSelection(lane, suspect)
        await make_due_ready(db, now, LEASE)
        leased = await lease(db, selection, most, now + LEASE, after)
    return [leased_mark for leased_mark, _ in leased.marks]


def by_connection(marks: Sequence[Mark], connections: Mapping[str, str]) -> dict[str, int]:
    """Return how many marks each workspace has given."""
    ids = [it.connection_id for it in marks]
    return {workspace: ids.count(id_) for workspace, id_ in connections.items()}
