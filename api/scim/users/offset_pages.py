"""Which users are on a page? A page is read from the nearest anchor, so each costs the same.

A start index says how many users come before a page: a database counts them one by one, and all of
them for the total. So anchors are cached for a while: users with their index among all users of the
connection. Users are in the order of their creation, so new users sort behind every anchor. A
deletion, whose version is on the identity's row, invalidates the cache. Anchors are kept only among
users older than the oldest open transaction, which may still add or delete users before them.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import LARGEST_INTEGER, oldest_transaction
from api.scim.users.statements import IDENTITIES, USERS

CLOCK_SKEW = 10_000_000
"""Microseconds by which clocks may differ, and a transaction may begin after its own time."""

MAX_CACHE_AGE = 60_000_000
"""Microseconds for which anchors are cached, so that clocks that differ do no lasting harm."""

MIN_DISTANCE = 50
"""Users from one cached anchor to the next, at least."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A user, and the number of users up to and including it."""

    index: int
    created_at: int
    id: str


START_ANCHOR = Anchor(0, -1, "")


@dataclass(slots=True)
class AnchorCache:
    """The anchors of one connection, and the survey that bounds them. Times are in microseconds.

    ``end`` is the last user created before ``settled_before``: no open transaction can still add
    a user created before that time. ``since`` is the time of the survey, and ``last_deletion`` the
    version of the last deletion that the survey has found.
    """

    end: Anchor
    last_deletion: int
    since: int
    settled_before: int
    anchors: list[Anchor] = field(default_factory=lambda: [START_ANCHOR])

    def nearest(self, index: int) -> Anchor:
        """Return the last anchor that does not lie beyond an index."""
        return self.anchors[self._position(index) - 1]

    def remember(self, anchor: Anchor) -> None:
        """Cache an anchor, unless another is near, or new users may still sort before it."""
        if anchor.index > self.end.index:
            return
        position = self._position(anchor.index)
        neighbours = self.anchors[position - 1 : position + 1]
        if all(abs(anchor.index - it.index) >= MIN_DISTANCE for it in neighbours):
            self.anchors.insert(position, anchor)

    def _position(self, index: int) -> int:
        return bisect_right(self.anchors, index, key=attrgetter("index"))


class UserPages:
    """Finds pages of users by start index, for all connections of a process."""

    def __init__(self) -> None:
        self._caches: dict[str, AnchorCache] = {}

    async def find(
        self, db: AsyncConnection, connection_id: str, start: int, count: int, now: int
    ) -> tuple[int, Sequence[str]]:
        """Return the number of all users, and the ids of those on one page.

        :param start: the number of users before the page.
        :param count: the most users that the page has.
        :param now: the time in microseconds.
        """
        start = min(start, LARGEST_INTEGER)
        anchor_cache, behind = await self._cache_for(db, connection_id, now)
        nearest = anchor_cache.nearest(start)
        skipped = start - nearest.index
        lead = min(skipped, 1)  # the user before the page is read too, as an anchor
        users = await _users(db, connection_id, nearest, skipped - lead, count + lead)
        if lead and users:
            anchor_cache.remember(_anchor(start, users[0]))
        if len(users) > lead:
            anchor_cache.remember(_anchor(start + len(users) - lead, users[-1]))
        return anchor_cache.end.index + behind, [user.id for user in users[lead:]]

    async def _cache_for(
        self, db: AsyncConnection, connection_id: str, now: int
    ) -> tuple[AnchorCache, int]:
        """Return a cache that holds now, surveyed anew if need be, and the users behind its end."""
        anchor_cache = self._caches.get(connection_id)
        if anchor_cache is not None and _is_fresh(anchor_cache, now):
            behind, last_deletion = await _count_behind(db, connection_id, anchor_cache.end)
            if last_deletion == anchor_cache.last_deletion:
                return anchor_cache, behind
        anchor_cache = await _survey(db, connection_id, now)
        behind, last_deletion = await _count_behind(db, connection_id, anchor_cache.end)
        if last_deletion == anchor_cache.last_deletion < anchor_cache.settled_before:
            fresh = {id_: it for id_, it in self._caches.items() if _is_fresh(it, now)}
            self._caches = fresh | {connection_id: anchor_cache}
        return anchor_cache, behind


def _is_fresh(anchor_cache: AnchorCache, now: int) -> bool:
    return anchor_cache.since <= now < anchor_cache.since + MAX_CACHE_AGE


def _anchor(index: int, user: Row[Any]) -> Anchor:
    return Anchor(index, user.created_at, user.id)


# --- statements -----------------------------------------------------------------------------


async def _survey(db: AsyncConnection, connection_id: str, now: int) -> AnchorCache:
    """Count the users that are older than every open transaction; cache the last of them."""
    oldest = await oldest_transaction(db)  # asked first, so that none ends unseen
    before = (now if oldest is None else min(now, oldest)) - CLOCK_SKEW
    values = {"connection": connection_id, "before": before}
    count, created_at, id_, last_deletion = (await db.execute(survey_statement(), values)).one()
    end = START_ANCHOR if id_ is None else Anchor(count, created_at, id_)
    anchor_cache = AnchorCache(end, last_deletion, now, before)
    anchor_cache.anchors += [end] if end.index else []
    return anchor_cache


async def _count_behind(db: AsyncConnection, connection_id: str, anchor: Anchor) -> tuple[int, int]:
    """Return the number of users behind an anchor, and the version of the last deletion."""
    values = {"connection": connection_id, "created_at": anchor.created_at, "id": anchor.id}
    count, last_deletion = (await db.execute(count_statement(), values)).one()
    return count, last_deletion


async def _users(
    db: AsyncConnection, connection_id: str, anchor: Anchor, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return the ids and creation times of users behind an anchor, in order."""
    anchor_values = {"created_at": anchor.created_at, "id": anchor.id}
    values = {"connection": connection_id, "offset": offset, "limit": limit} | anchor_values
    rows: Sequence[Row[Any]] = (await db.execute(page_statement(), values)).all()
    return rows


OF_CONNECTION: ColumnElement[bool] = USERS.c.connection_id == bindparam("connection")
CREATION = (USERS.c.created_at, USERS.c.id)
IS_DELETED: ColumnElement[Any] = literal_column("deleted")
"""The condition as the index has it: neither database uses the index for an equivalent one."""
IS_BEHIND_ANCHOR: ColumnElement[bool] = tuple_(*CREATION) > tuple_(
    *(bindparam(column.name, type_=column.type) for column in CREATION)
)


@cache
def survey_statement() -> Select[Any]:
    """Select the number of users before a time, the last of them, and the last deletion."""
    settled = (OF_CONNECTION, USERS.c.created_at < bindparam("before"))
    last = [
        select(column)
        .where(*settled)
        .order_by(*(it.desc() for it in CREATION))
        .limit(1)
        .scalar_subquery()
        for column in CREATION
    ]
    count = select(func.count()).select_from(USERS).where(*settled).scalar_subquery()
    return select(count, *last, _last_deletion())


@cache
def count_statement() -> Select[Any]:
    """Select the number of users behind an anchor, and the version of the last deletion."""
    counts: list[ColumnElement[Any]] = [func.count(), _last_deletion()]
    return select(*counts).select_from(USERS).where(OF_CONNECTION, IS_BEHIND_ANCHOR)


def _last_deletion() -> ColumnElement[int]:
    versions = select(func.max(IDENTITIES.c.version)).where(
        IDENTITIES.c.connection_id == bindparam("connection"), IS_DELETED
    )
    return func.coalesce(versions.scalar_subquery(), literal(0))


@cache
def page_statement() -> Select[Any]:
    """Select a page of the users behind an anchor, in order."""
    return (
        select(USERS.c.id, USERS.c.created_at)
        .where(OF_CONNECTION, IS_BEHIND_ANCHOR)
        .order_by(*CREATION)
        .offset(bindparam("offset", type_=BigInteger))
        .limit(bindparam("limit", type_=BigInteger))
    )
