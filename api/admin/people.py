"""Which people are there, and how far is each? They are listed page by page, and found by names."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.scope import connection_for
from api.admin.workspaces import workspace_named
from api.directory.identity_listing import IdentityVersion
from api.directory.people import KnownPerson, count_people, people_after
from api.errors import UnknownConnection
from api.reconciliation.pairs import pairs_of
from api.reconciliation.person_states import PersonStanding, PersonState, person_standing
from contracts.downstream.pages import Key, Page
from contracts.downstream.sync_states import SyncState
from contracts.names import name_key

PEOPLE_PER_STATEMENT = 500
"""People that are read at once: each has names of up to some hundred thousand characters."""

MOST_LOOKED_AT = 10_000
"""People that are looked at for one page; a page that finds too few of them ends with less."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Selects people that match all that is given.

    ``inactive`` selects those who are inactive or deleted. ``search`` is a part of a userName, an
    e-mail, an externalId or a displayName, in any case of letters. ``waived`` selects those whose
    held loss was rejected: they keep account or role although the provider has taken it away.
    ``active`` selects those who are neither inactive nor deleted.
    """

    workspace: str | None = None
    connection: str | None = None
    state: PersonState | None = None
    inactive: bool = False
    search: str | None = None
    waived: bool = False
    active: bool = False

    @property
    def search_key(self) -> str:
        """Return the comparison key that names have to contain."""
        return name_key(self.search or "")

    @property
    def only_active(self) -> bool | None:
        """Return whether only active people are selected, or only inactive ones; None: neither."""
        return None if self.active is self.inactive else self.active

    @property
    def includes_gone(self) -> bool:
        """Return whether deleted people are listed whose deletion has arrived."""
        return self.inactive or bool(self.search_key)


EVERYBODY = PeopleFilter()


@dataclass(frozen=True, slots=True)
class Passed:
    """How many people were passed in a list by the end of a page, and how many there are at all."""

    passed: int
    people: int


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person in a list, with the sync state. Versions are microseconds since the epoch.

    ``active`` and ``deleted`` are of the newest state, whether it is released or held.
    """

    connection: str
    identity: str
    user_name: str
    email: str | None
    external_id: str | None
    active: bool
    deleted: bool
    state: PersonState
    reason: str | None
    released_version: int
    applied_version: int


async def list_people(
    it: Administration,
    actor: Actor,
    wanted: PeopleFilter = EVERYBODY,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[ListedPerson]:
    """Return a page of people in the order of connections and ids.

    Deleted people are listed while their deletion is on its way, or kept back by a brake; by
    ``inactive`` and ``search`` also later. A page may hold fewer people than it could and still
    have a next one, because a page looks at a bounded number of people.

    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    :raises UnknownConnection: when there is no such connection that the actor reaches.
    """
    found: list[tuple[ListedPerson, Key]] = []
    looked_at = 0
    connections = [each.id for each in await _connections(it, actor, wanted)]
    async for connection, people in _read(it, sorted(connections), after, most, wanted):
        found += await _matching(it, connection, people, wanted)
        if len(found) > most:
            break
        looked_at += len(people)
        if looked_at >= MOST_LOOKED_AT:
            return Page(tuple(person for person, _ in found), (connection, people[-1].identity))
    return Page.of(found, most)


async def count_passed(it: Administration, actor: Actor, wanted: PeopleFilter, last: Key) -> Passed:
    """Return how far ``list_people`` has come, in people of the connections that it looks at.

    :param last: the key with which a page has ended.
    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    :raises UnknownConnection: when there is no such connection that the actor reaches.
    """
    connections = sorted(each.id for each in await _connections(it, actor, wanted))
    connection, identity = map(str, last)
    async with it.directory.read() as db:
        passed = await count_people(db, connections, (connection, identity))
        return Passed(passed, await count_people(db, connections))


def _at_once(wanted: PeopleFilter, most: int) -> int:
    is_narrow = wanted.state is not None or wanted.search_key
    return PEOPLE_PER_STATEMENT if is_narrow else min(most + 1, PEOPLE_PER_STATEMENT)


async def _connections(
    it: Administration, actor: Actor, wanted: PeopleFilter
) -> Sequence[ConnectionInUse]:
    if wanted.connection is None:
        return await list_connections(it, actor, wanted.workspace)
    workspace = wanted.workspace
    if workspace is not None:
        workspace = await workspace_named(it, actor, workspace, Power.VIEW)
    async with it.directory.read() as db:
        connection = await connection_for(db, actor, wanted.connection, Power.VIEW)
    if workspace not in {None, connection.workspace}:
        raise UnknownConnection(wanted.connection)
    return [connection]


async def _read(
    it: Administration,
    connections: Sequence[str],
    after: Key | None,
    most: int,
    wanted: PeopleFilter,
) -> AsyncIterator[tuple[str, Sequence[KnownPerson]]]:
    """Yield people of connections, in the order of both, that follow the key of a person."""
    first, start = ("", "") if after is None else map(str, after)
    at_once = _at_once(wanted, most)
    for connection in connections:
        if connection < first:
            continue
        last = start if connection == first else ""
        while True:
            async with it.directory.read() as db:
                people = await people_after(
                    db,
                    connection,
                    last,
                    at_once,
                    active=wanted.only_active,
                    waived=wanted.waived,
                )
            if people:
                yield connection, people
                last = people[-1].identity
            if len(people) < at_once:
                break


async def _matching(
    it: Administration, connection: str, people: Sequence[KnownPerson], wanted: PeopleFilter
) -> list[tuple[ListedPerson, Key]]:
    """Return those of a connection's people that a filter selects, with their keys."""
    key = wanted.search_key
    named = {person.identity: person for person in people if not key or person.contains(key)}
    pairs = await pairs_of(it.directory, it.downstream.states, connection, list(named))
    listed: list[tuple[ListedPerson, Key]] = []
    for version, state in pairs:
        standing = person_standing(version, state)
        person = named[version.identity_id]
        is_gone = version.deleted and standing.state is PersonState.APPLIED
        is_meant = wanted.state in {None, standing.state} and wanted.waived <= version.waived
        if is_meant and (wanted.includes_gone or not is_gone):
            shown = listed_person(person, version, state, standing)
            listed.append((shown, (connection, person.identity)))
    return listed


def listed_person(
    person: KnownPerson,
    version: IdentityVersion,
    state: SyncState | None,
    standing: PersonStanding,
) -> ListedPerson:
    """Return a person as lists show it."""
    return ListedPerson(
        connection=person.connection,
        identity=person.identity,
        user_name=person.user_name,
        email=person.email,
        external_id=person.external_id,
        active=person.active,
        deleted=person.deleted,
        state=standing.state,
        reason=standing.reason,
        released_version=version.version,
        applied_version=0 if state is None else state.applied_version,
    )
