"""Which people are there, and how far is each? They are listed page by page, and found by names.

A list is looked through by its parts, each of them connection by connection. The key of a page says
where it has ended: connection, id, the number of the part, and the key of a name.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.narrowing.parts import Part, parts_of
from api.admin.narrowing.people_filter import EVERYBODY, PeopleFilter
from api.admin.narrowing.sources import START, Look
from api.admin.scope import connection_for
from api.admin.workspaces import workspace_named
from api.directory.identity_listing import IdentityVersion
from api.directory.people import KnownPerson, count_people
from api.directory.people_by_name import NamePlace
from api.errors import UnknownConnection
from api.reconciliation.pairs import pairs_of
from api.reconciliation.person_states import PersonStanding, PersonState, person_standing
from contracts.downstream.pages import Key, Page
from contracts.downstream.sync_states import SyncState

MOST_LOOKED_AT = 500
"""People that are looked at for one page, or as many as it may hold; a page that finds too few of
them ends with less. Each has names of up to some hundred thousand characters."""


@dataclass(frozen=True, slots=True)
class Passed:
    """How many people were passed in a list by the end of a page, and how many there are at all."""

    passed: int
    people: int


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person in a list, with the sync state. Versions are microseconds since the epoch.

    ``active`` and ``deleted`` are of the newest state, whether it is released or held. ``name`` is
    the display name, or given and family name.
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
    name: str | None


async def list_people(
    it: Administration,
    actor: Actor,
    wanted: PeopleFilter = EVERYBODY,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[ListedPerson]:
    """Return a page of people in the order of connections and ids, or of names that begin so.

    Deleted people are listed while their deletion is on its way, or kept back by a brake; by
    ``inactive`` and ``search`` also later. A page may hold fewer people than it could and still
    have a next one, because a page looks at a bounded number of people. People who are to be
    published, and those with a refused action, come before others of their state; a person who
    comes to them between two pages may be in neither.

    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    :raises UnknownConnection: when there is no such connection that the actor reaches.
    """
    bound = max(most + 1, MOST_LOOKED_AT)
    found: list[tuple[ListedPerson, Key]] = []
    following: Key | None = None
    steps = _steps(parts_of(it, wanted), await _connections(it, actor, wanted))
    async for step, look, next_key in _looks(steps, after, most, bound):
        following = next_key
        found += await _matching(it, step, look, wanted)
        if len(found) > most:
            return Page.of(found, most)
    return Page(tuple(person for person, _ in found), following)


async def count_passed(
    it: Administration, actor: Actor, wanted: PeopleFilter, last: Key
) -> Passed | None:
    """Return how far ``list_people`` has come, in people of the connections that it looks at.

    None: it was looking at people whom an index finds, and their number is not known.

    :param last: the key with which a page has ended.
    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    :raises UnknownConnection: when there is no such connection that the actor reaches.
    """
    number, connection, place = _opened(last)
    if not parts_of(it, wanted)[number].is_everybody:
        return None
    connections = sorted(each.id for each in await _connections(it, actor, wanted))
    async with it.directory.read() as db:
        passed = await count_people(db, connections, (connection, place.identity))
        return Passed(passed, await count_people(db, connections))


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of a list in a connection."""

    number: int
    part: Part
    connection: ConnectionInUse

    def key(self, place: NamePlace = START) -> Key:
        """Return the key of a place in it."""
        return self.connection.id, place.identity, self.number, place.key


def _opened(key: Key) -> tuple[int, str, NamePlace]:
    """Return the number of a part, a connection and a place there, of which a key may lack some."""
    connection, identity, number, name = (*key, 0, "")[:4]
    return int(number), str(connection), NamePlace(str(name), str(identity))


def _steps(parts: Sequence[Part], connections: Sequence[ConnectionInUse]) -> Sequence[_Step]:
    """Return the steps in which a list is looked through."""
    ordered = sorted(connections, key=lambda each: each.id)
    return [_Step(number, part, each) for number, part in enumerate(parts) for each in ordered]


async def _looks(
    steps: Sequence[_Step], after: Key | None, most: int, bound: int
) -> AsyncIterator[tuple[_Step, Look, Key | None]]:
    """Yield looks behind a key, each with its step, and the key that follows it; None at the end.

    Looks grow, so that a page takes few of them, however many people do not match.

    :param bound: the people who are looked at in all.
    """
    left = bound
    number, connection, place = (0, "", START) if after is None else _opened(after)
    ahead = [it for it in steps if (it.number, it.connection.id) >= (number, connection)]
    for step, next_step in zip(ahead, [*ahead, None][1:], strict=True):
        is_first = (step.number, step.connection.id) == (number, connection)
        last, ends = place if is_first else START, False
        at_once = bound if step.part.at_first is None else step.part.at_first * (most + 1)
        while not ends and left > 0:
            look = await step.part.source.look(step.connection, last, min(at_once, left))
            last, ends, at_once, left = look.last, look.ends, 2 * at_once, left - look.looked_at
            following = next_step.key() if ends and next_step else None
            yield step, look, following if ends else step.key(last)


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


async def _matching(
    it: Administration, step: _Step, look: Look, wanted: PeopleFilter
) -> Sequence[tuple[ListedPerson, Key]]:
    """Return those of the people looked at that a filter selects, with their keys."""
    meant = [each for each in look.people if _is_named(each[0], wanted)]
    if not meant:
        return []
    ids = [person.identity for person, _ in meant]
    pairs = await pairs_of(it.directory, it.downstream.states, step.connection.id, ids)
    known = {version.identity_id: (version, state) for version, state in pairs}
    listed: list[tuple[ListedPerson, Key]] = []
    for person, place in meant:
        if (pair := known.get(person.identity)) is None or step.part.was_earlier(*pair):
            continue
        shown = listed_person(person, *pair, person_standing(*pair))
        if _is_meant(shown, pair[0], wanted):
            listed.append((shown, step.key(place)))
    return listed


def _is_named(person: KnownPerson, wanted: PeopleFilter) -> bool:
    """Return whether names and activity of a person are those that are wanted."""
    key = wanted.search_key
    is_active = wanted.only_active in {None, person.active}
    return is_active and (not key or person.contains(key))


def _is_meant(shown: ListedPerson, version: IdentityVersion, wanted: PeopleFilter) -> bool:
    """Return whether the state of a person is the one that is wanted."""
    is_gone = version.deleted and shown.state is PersonState.APPLIED
    is_in_state = wanted.state in {None, shown.state} and wanted.waived <= version.waived
    return is_in_state and (wanted.includes_gone or not is_gone)


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
        name=person.name,
    )
