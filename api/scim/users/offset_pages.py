"""Which users are on a page? The last page costs what the first one does.

An index says how many users come before a page: a database counts them one by one, and all of them
for the total. So places among them are remembered for a while, with the number of those before.
Users are in the order of their creation: who is new comes behind every place, and after a deletion,
which leaves its sign at the identity, nothing is remembered any more. What a transaction that is
still open may yet put before a place, or take away, is waited for.
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

SLACK = 10_000_000
"""Microseconds by which clocks may differ, and a transaction begin later than its time says."""

REMEMBERED = 60_000_000
"""Microseconds for which places are remembered, so that clocks that differ do no lasting harm."""

APART = 50
"""Users between two places that are worth remembering."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """A user, and how many there are up to it, itself included."""

    index: int
    created_at: int
    id: str


START = Landmark(0, -1, "")


@dataclass(slots=True)
class Landmarks:
    """What is remembered of a connection. ``end`` is its last user of before ``settled_before``."""

    end: Landmark
    last_deletion: int
    since: int
    settled_before: int
    known: list[Landmark] = field(default_factory=lambda: [START])

    def nearest(self, index: int) -> Landmark:
        """Return the last one that does not lie beyond an index."""
        return self.known[self._position(index) - 1]

    def note(self, landmark: Landmark) -> None:
        """Remember one, unless there is one near, or others may still come before it."""
        if landmark.index > self.end.index:
            return
        position = self._position(landmark.index)
        neighbours = self.known[position - 1 : position + 1]
        if all(abs(landmark.index - it.index) >= APART for it in neighbours):
            self.known.insert(position, landmark)

    def _position(self, index: int) -> int:
        return bisect_right(self.known, index, key=attrgetter("index"))


class UserPages:
    """Finds pages of users of all connections."""

    def __init__(self) -> None:
        self._remembered: dict[str, Landmarks] = {}

    async def find(
        self, db: AsyncConnection, connection_id: str, start: int, count: int, now: int
    ) -> tuple[int, Sequence[str]]:
        """Return how many users there are, and the ids of those that come after so many others.

        :param now: in microseconds.
        """
        start = min(start, LARGEST_INTEGER)
        landmarks, behind = await self._landmarks(db, connection_id, now)
        nearest = landmarks.nearest(start)
        between = start - nearest.index
        one = min(between, 1)  # the one before the page is read too: there the page begins
        users = await _users(db, connection_id, nearest, between - one, count + one)
        if one and users:
            landmarks.note(_landmark(start, users[0]))
        if len(users) > one:
            landmarks.note(_landmark(start + len(users) - one, users[-1]))
        return landmarks.end.index + behind, [user.id for user in users[one:]]

    async def _landmarks(
        self, db: AsyncConnection, connection_id: str, now: int
    ) -> tuple[Landmarks, int]:
        """Return what is known, and how many users come behind the end."""
        landmarks = self._remembered.get(connection_id)
        if landmarks is not None and _is_fresh(landmarks, now):
            behind, last_deletion = await _behind(db, connection_id, landmarks.end)
            if last_deletion == landmarks.last_deletion:
                return landmarks, behind
        landmarks = await _survey(db, connection_id, now)
        behind, last_deletion = await _behind(db, connection_id, landmarks.end)
        if last_deletion == landmarks.last_deletion < landmarks.settled_before:
            fresh = {id_: it for id_, it in self._remembered.items() if _is_fresh(it, now)}
            self._remembered = fresh | {connection_id: landmarks}
        return landmarks, behind


def _is_fresh(landmarks: Landmarks, now: int) -> bool:
    return landmarks.since <= now < landmarks.since + REMEMBERED


def _landmark(index: int, user: Row[Any]) -> Landmark:
    return Landmark(index, user.created_at, user.id)


# --- statements -----------------------------------------------------------------------------


async def _survey(db: AsyncConnection, connection_id: str, now: int) -> Landmarks:
    """Count all users who came before anything that is still under way."""
    oldest = await oldest_transaction(db)  # before the statement: none that is older can end unseen
    before = (now if oldest is None else min(now, oldest)) - SLACK
    asked = {"connection": connection_id, "before": before}
    count, created_at, id_, last_deletion = (await db.execute(surveyed(), asked)).one()
    end = START if id_ is None else Landmark(count, created_at, id_)
    landmarks = Landmarks(end, last_deletion, now, before)
    landmarks.known += [end] if end.index else []
    return landmarks


async def _behind(db: AsyncConnection, connection_id: str, place: Landmark) -> tuple[int, int]:
    """Return how many users come after a place, and the version of the last deletion."""
    asked = {"connection": connection_id, "created_at": place.created_at, "id": place.id}
    count, last_deletion = (await db.execute(counted(), asked)).one()
    return count, last_deletion


async def _users(
    db: AsyncConnection, connection_id: str, place: Landmark, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return ids and times of users that come after a place, in order."""
    place_asked = {"created_at": place.created_at, "id": place.id}
    asked = {"connection": connection_id, "offset": offset, "limit": limit} | place_asked
    rows: Sequence[Row[Any]] = (await db.execute(page(), asked)).all()
    return rows


OF_CONNECTION: ColumnElement[bool] = USERS.c.connection_id == bindparam("connection")
CREATION = (USERS.c.created_at, USERS.c.id)
IS_DELETED: ColumnElement[Any] = literal_column("deleted")
"""As it is written in the index: neither database finds that by what only means the same."""
BEYOND: ColumnElement[bool] = tuple_(*CREATION) > tuple_(
    *(bindparam(column.name, type_=column.type) for column in CREATION)
)


@cache
def surveyed() -> Select[Any]:
    """Return the statement that counts all of before a time, and finds the last of them."""
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
def counted() -> Select[Any]:
    """Return the statement that counts those beyond a place, and finds the last deletion."""
    both: list[ColumnElement[Any]] = [func.count(), _last_deletion()]
    return select(*both).select_from(USERS).where(OF_CONNECTION, BEYOND)


def _last_deletion() -> ColumnElement[int]:
    versions = select(func.max(IDENTITIES.c.version)).where(
        IDENTITIES.c.connection_id == bindparam("connection"), IS_DELETED
    )
    return func.coalesce(versions.scalar_subquery(), literal(0))


@cache
def page() -> Select[Any]:
    """Return the statement that reads a page of those beyond a place."""
    return (
        select(USERS.c.id, USERS.c.created_at)
        .where(OF_CONNECTION, BEYOND)
        .order_by(*CREATION)
        .offset(bindparam("offset", type_=BigInteger))
        .limit(bindparam("limit", type_=BigInteger))
    )
