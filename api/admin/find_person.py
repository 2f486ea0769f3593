"""Which person of a connection does a name mean? It is an id, or a name of one person alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.scope import connection_for
from api.directory.people import KnownPerson, people_after, person_with_id
from api.errors import AmbiguousPerson, UnknownPerson
from contracts.names import name_key, trimmed
from contracts.time_slice import TimeSlice

PEOPLE_PER_STATEMENT = 500
"""People that are read at once: each has names of up to some hundred thousand characters."""

MOST_NAMED = 10
"""The ids in the text of an error; with more people of a name, the ids come from the list."""


async def find_person(
    it: Administration, actor: Actor, connection_id: str, text: str, power: Power
) -> tuple[ConnectionInUse, KnownPerson]:
    """Return the person whom a text means, with the connection.

    The text is an id, or by its comparison key the userName or the e-mail, or the externalId. Of
    people with one name, those who are not deleted are meant.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor reaches it with less power.
    :raises UnknownPerson: when the text means nobody.
    :raises AmbiguousPerson: when the text means several people.
    """
    async with it.directory.read() as db:
        connection = await connection_for(db, actor, connection_id, power)
    [person] = await people_named(it, connection_id, [text])
    return connection, person


async def find_by_id(
    it: Administration, actor: Actor, connection_id: str, identity: str, power: Power
) -> tuple[ConnectionInUse, KnownPerson]:
    """Return the person with an id, with the connection. Unlike ``find_person``, it takes no names.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor reaches it with less power.
    :raises UnknownPerson: when the connection never had a person with this id.
    """
    async with it.directory.read() as db:
        connection = await connection_for(db, actor, connection_id, power)
        person = await person_with_id(db, connection_id, identity)
    if person is None:
        raise UnknownPerson(connection_id)
    return connection, person


async def people_named(
    it: Administration, connection_id: str, texts: Sequence[str]
) -> Sequence[KnownPerson]:
    """Return the people of a connection whom some texts mean, as ``find_person`` finds each.

    The connection is gone over once, however many texts are no ids.

    :raises UnknownPerson: when a text means nobody.
    :raises AmbiguousPerson: when a text means several people.
    """
    found: dict[str, KnownPerson] = {}
    async with it.directory.read() as db:
        for text in dict.fromkeys(texts):
            if (person := await person_with_id(db, connection_id, text)) is not None:
                found[text] = person
    wanted = _Wanted.of(text for text in texts if text not in found and name_key(text))
    if wanted.by_key:
        await _find(it, connection_id, wanted)
    for place, text in enumerate(texts, 1):
        if text not in found:
            candidates = wanted.found(text)
            match [each for each in candidates if not each.deleted] or candidates:
                case []:
                    raise UnknownPerson(connection_id, place, len(texts))
                case [person]:
                    found[text] = person
                case several:
                    ids = [each.identity for each in several]
                    raise AmbiguousPerson(connection_id, ids[:MOST_NAMED], len(ids))
    return [found[text] for text in texts]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The people found by each wanted key of a name, and by each wanted externalId.

    A person costs a few look-ups, however many texts are asked for.
    """

    by_key: Mapping[str, list[KnownPerson]]
    by_external_id: Mapping[str, list[KnownPerson]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "_Wanted":
        """Return the keys that some texts may be, with no person found yet."""
        unique = set(texts)
        return cls({name_key(it): [] for it in unique}, {trimmed(it): [] for it in unique})

    def look_at(self, person: KnownPerson) -> None:
        """Note a person at the wanted keys that the person has."""
        for key in person.name_keys():
            if key in self.by_key:
                self.by_key[key].append(person)
        external_id = person.external_id
        if external_id is not None and external_id in self.by_external_id:
            self.by_external_id[external_id].append(person)

    def found(self, text: str) -> Sequence[KnownPerson]:
        """Return the people whom a text names, in the order of their ids."""
        by_key = self.by_key.get(name_key(text), ())
        people = {each.identity: each for each in by_key}
        people |= {each.identity: each for each in self.by_external_id.get(trimmed(text), ())}
        return [people[identity] for identity in sorted(people)]


async def _find(it: Administration, connection_id: str, wanted: _Wanted) -> None:
    """Look at all people of a connection."""
    after = ""
    time_slice = TimeSlice()
    while True:
        async with it.directory.read() as db:
            people = await people_after(db, connection_id, after, PEOPLE_PER_STATEMENT)
        for person in people:
            wanted.look_at(person)
            await time_slice.pause_if_over()
        if len(people) < PEOPLE_PER_STATEMENT:
            return
        after = people[-1].identity
