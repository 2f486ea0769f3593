"""How many people has each connection, and how do they stand? One statement counts them all.

The rules are those of ``api.reconciliation.person_states``, as far as the directory alone knows: a
test holds the two to each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.leavings import Leaving
from api.directory.tables import ApiTable

IDENTITIES = ApiTable.metadata.tables["identities"]


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People of a connection. Times are microseconds since the epoch.

    ``active`` and ``inactive`` are of the newest states, without deleted people. ``waiting`` have a
    mark and are not held by a brake, the longest since ``waiting_since``; ``held`` are; and
    ``rejected`` cannot be published.
    """

    active: int = 0
    inactive: int = 0
    waiting: int = 0
    waiting_since: int | None = None
    held: int = 0
    rejected: int = 0


async def count_people(
    db: AsyncConnection, connections: Sequence[str]
) -> Mapping[str, PeopleCounts]:
    """Count the people of each connection; one without any is missing."""
    each = IDENTITIES.c
    held = or_(
        func.coalesce(each.leaving, Leaving.UNJUDGED.value) == Leaving.HELD.value,
        func.coalesce(each.admin_hold, Leaving.UNJUDGED.value) == Leaving.HELD.value,
    )
    is_dirty = each.dirty_lane.is_not(None)
    waits = and_(is_dirty, not_(held))
    is_rejected = and_(each.rejected_version == each.version, not_(is_dirty), not_(held))
    statement = (
        select(
            each.connection_id,
            func.count().filter(each.active, not_(each.deleted)),
            func.count().filter(not_(each.active), not_(each.deleted)),
            func.count().filter(waits),
            func.min(each.dirty_since).filter(waits),
            func.count().filter(held),
            func.count().filter(is_rejected),
        )
        .where(each.connection_id.in_(connections))
        .group_by(each.connection_id)
    )
    return {id_: PeopleCounts(*counts) for id_, *counts in await db.execute(statement)}
