"""Who came and who went of late? Joiners and leavers are counted by day, for every connection.

A joiner is a user that the provider added and that is there still. A leaver was deactivated or
deleted by the provider, or locked by an administrator, for the last time on that day, and may be
back by now. A leaving that a brake keeps back does not count.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped
from sqlmodel import col

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.directory.leavings import Leaving
from api.directory.tables import Identity, UserRow

DAY = 24 * 3_600_000_000
"""Microseconds. Days begin at midnight, UTC."""

Counted = Mapping[tuple[str, int], int]
"""Numbers of people by connections and days, which are counted from the epoch."""


@dataclass(frozen=True, slots=True)
class Day:
    """How many people joined and left on a day, which ``start`` begins (microseconds)."""

    start: int
    joined: int
    left: int


async def joined_and_left(
    it: Administration, actor: Actor, workspace: str, days: int
) -> Mapping[str, Sequence[Day]]:
    """Return the last days up to today, the oldest first, by the ids of a workspace's connections.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    connections = [each.id for each in await list_connections(it, actor, workspace)]
    today = it.clock() // DAY
    first = today - days + 1
    async with it.directory.read() as db:
        joined = await _counted(db, _joiners(connections, first * DAY))
        left = await _counted(db, _leavers(connections, first * DAY))
    return {
        each: [
            Day(day * DAY, joined.get((each, day), 0), left.get((each, day), 0))
            for day in range(first, today + 1)
        ]
        for each in connections
    }


def summed(connections: Iterable[Sequence[Day]]) -> Sequence[Day]:
    """Return the days of several connections as those of one; the days are the same. Pure."""
    joined, left = Counter[int](), Counter[int]()
    for day in (day for days in connections for day in days):
        joined[day.start] += day.joined
        left[day.start] += day.left
    return [Day(start, joined[start], left[start]) for start in sorted(joined)]


async def _counted(db: AsyncConnection, statement: Select[Any]) -> Counted:
    return {(of, day): number for of, day, number in await db.execute(statement)}


def _joiners(connections: Collection[str], since: int) -> Any:
    of, at = col(UserRow.connection_id), col(UserRow.created_at)
    return _by_day(of, at).where(of.in_(connections), at >= since)


def _leavers(connections: Collection[str], since: int) -> Any:
    """Return the statement that counts leavers, by the index that holds no other rows.

    Databases take the index only where its own condition stands in the statement as it is.
    """
    of, at = col(Identity.connection_id), col(Identity.deactivated_at)
    leaving = col(Identity.leaving)
    has_left = at > literal_column("0")
    is_not_kept = or_(leaving.is_(None), leaving == Leaving.UNJUDGED)
    return _by_day(of, at).where(of.in_(connections), has_left, at >= since, is_not_kept)


def _by_day(of: Mapped[str], at: Mapped[int]) -> Any:
    """Return the statement that counts rows by connection and day; a version is a time, too."""
    day = (at // literal_column(str(DAY), BigInteger)).label("day")
    return select(of, day, func.count()).group_by(of, day)
