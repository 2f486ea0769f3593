"""Where are the people of a list looked for? A source has all people who may match, and others."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement

from api.admin.connections import ConnectionInUse
from api.directory.dialects import DirectoryDatabase
from api.directory.people import KnownPerson, people_after, people_with_ids
from api.directory.people_by_name import Beginning, NamePlace, names_after
from api.directory.people_conditions import is_unpublishable
from contracts.downstream.open_problems import OpenProblems, Trouble

Conditions = Sequence[ColumnElement[bool]]
START = NamePlace()
"""The place before all people of a connection."""


@dataclass(frozen=True, slots=True)
class Look:
    """People of a connection who were looked at, each with a place in the order of the list.

    ``last`` is the place up to which ``looked_at`` people, or names of people, were looked at. Not
    all of them are among the people. ``ends`` says that no person follows.
    """

    people: Sequence[tuple[KnownPerson, NamePlace]]
    last: NamePlace
    looked_at: int
    ends: bool


class Source(Protocol):
    """People who may match, in an order that does not change."""

    async def look(self, connection: ConnectionInUse, after: NamePlace, most: int) -> Look:
        """Return the people of a connection who follow a place."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """The people who meet conditions of the directory, in the order of ids.

    ``conditions`` are those for a connection; None: it has no such people.
    """

    directory: DirectoryDatabase
    conditions: Callable[[ConnectionInUse], Conditions | None]

    async def look(self, connection: ConnectionInUse, after: NamePlace, most: int) -> Look:
        """Return the people of a connection who follow an id."""
        conditions = self.conditions(connection)
        if conditions is None:
            return _look([], [], most)
        async with self.directory.read() as db:
            people = await people_after(db, connection.id, after.identity, most, *conditions)
        return _look(people, [each.identity for each in people], most)


@dataclass(frozen=True, slots=True)
class InTrouble:
    """The people who are in trouble downstream, in the order of ids.

    The failed include people whose newest state the directory cannot publish.
    """

    directory: DirectoryDatabase
    problems: OpenProblems
    trouble: Trouble

    async def look(self, connection: ConnectionInUse, after: NamePlace, most: int) -> Look:
        """Return the people of a connection who follow an id."""
        id_ = after.identity
        ids = set(await self.problems.people(connection.id, self.trouble, after=id_, most=most))
        async with self.directory.read() as db:
            if self.trouble is Trouble.FAILED:
                rejected = await people_after(db, connection.id, id_, most, is_unpublishable())
                ids |= {each.identity for each in rejected}
            first = sorted(ids)[:most]
            people = await people_with_ids(db, [connection.id], first) if first else ()
        return _look(people, first, most)


@dataclass(frozen=True, slots=True)
class Named:
    """The people who have a name that begins so, in the order of their first such name."""

    directory: DirectoryDatabase
    beginning: Beginning

    async def look(self, connection: ConnectionInUse, after: NamePlace, most: int) -> Look:
        """Return the people of a connection who follow a name."""
        async with self.directory.read() as db:
            entries = await names_after(db, connection.id, self.beginning, after, most)
            first = [each.place for each in entries if self.beginning.is_first(each)]
            ids = [place.identity for place in first]
            people = await people_with_ids(db, [connection.id], ids) if ids else ()
        known = {person.identity: person for person in people}
        return Look(
            [(known[place.identity], place) for place in first if place.identity in known],
            entries[-1].place if entries else START,
            len(entries),
            len(entries) < most,
        )


def _look(people: Iterable[KnownPerson], ids: Sequence[str], most: int) -> Look:
    """Return a look at people of some ids, which are in order."""
    ordered = sorted(people, key=lambda person: person.identity)
    return Look(
        [(person, NamePlace(identity=person.identity)) for person in ordered],
        NamePlace(identity=ids[-1]) if ids else START,
        len(ids),
        len(ids) < most,
    )
