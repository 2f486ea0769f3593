"""How many people has each connection, and how do they stand? One statement counts them all.

The rules are those of ``api.reconciliation.person_states``, as far as the directory alone knows: a
test holds the two to each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from sqlalchemy import and_, case, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.leavings import Leaving
from api.directory.tables import ApiTable

IDENTITIES = ApiTable.metadata.tables["identities"]

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People of a connection. Times are microseconds since the epoch.

    ``active`` and ``inactive`` are of the newest states, without deleted people. ``waiting`` have a
    mark and are not held by a brake, the longest since ``waiting_since``; ``held`` are; and
    ``rejected`` cannot be published. ``beyond`` have a published version later than the
    newest that has arrived, the oldest of them changed at ``beyond_since``, and ``published`` one
    later than each of some times; all three with the deleted among them.
    """

    active: int = 0
    inactive: int = 0
    waiting: int = 0
    waiting_since: int | None = None
    held: int = 0
    rejected: int = 0
    beyond: int = 0
    beyond_since: int | None = None
    published: Sequence[int] = ()


NAMED = [it.name for it in fields(PeopleCounts) if it.name != "published"]
"""The first columns of the statement; those of ``published`` follow them."""


async def count_people(
    db: AsyncConnection,
    connections: Sequence[str],
    since: Sequence[int] = (),
    arrived: Mapping[str, int] = NOTHING,
) -> Mapping[str, PeopleCounts]:
    """Count the people of each connection; a connection without people is missing.

    :param since: the times of which ``published`` tells.
    :param arrived: the newest version of each connection that has arrived, where there is any.
    """
    each = IDENTITIES.c
    held = or_(
        func.coalesce(each.leaving, Leaving.UNJUDGED.value) == Leaving.HELD.value,
        func.coalesce(each.admin_hold, Leaving.UNJUDGED.value) == Leaving.HELD.value,
    )
    is_dirty = each.dirty_lane.is_not(None)
    waits = and_(is_dirty, not_(held))
    newest = case(arrived, value=each.connection_id, else_=0) if arrived else literal(0)
    is_beyond = each.published_version > newest
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
            func.count().filter(is_beyond),
            func.min(each.changed_at).filter(is_beyond),
            *(func.count().filter(each.published_version > time) for time in since),
        )
        .where(each.connection_id.in_(connections))
        .group_by(each.connection_id)
    )
    return {row[0]: _counted(row[1:]) for row in await db.execute(statement)}


def _counted(numbers: Sequence[int | None]) -> PeopleCounts:
    named: dict[str, Any] = dict(zip(NAMED, numbers, strict=False))
    return PeopleCounts(**named, published=tuple(it or 0 for it in numbers[len(NAMED) :]))
