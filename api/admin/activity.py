"""What did the providers of a workspace ask, and what came of each call? The newest comes first.

A call names the person or the group that it was about. The person is told as of now, not as of the
call: later calls about the same person may have changed more.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, union_all

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.people import ListedPerson, listed_person
from api.admin.requests import (
    ALL_REQUESTS,
    REQUESTS,
    ListedRequest,
    WantedRequests,
    conditions_of,
    listed,
)
from api.directory.group_names import group_names
from api.directory.people import people_with_ids
from api.errors import UnknownConnection
from api.reconciliation.pairs import pairs_of
from api.reconciliation.person_states import person_standing
from contracts.downstream.pages import Key, Page

MOST_MERGED = 100
"""Connections of which each is read by its index; SQLite takes no more than 500 in a statement."""

OF_USERS, OF_GROUPS = "/Users", "/Groups"
"""The beginnings of paths that name a user or a group, or make one."""

Named = tuple[str, str]
"""The ids of a connection and of one of its users or groups."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a provider, with the person or the name of the group that it was about.

    Both are None where the request named neither, or the directory knows it no more.
    """

    connection: str
    request: ListedRequest
    person: ListedPerson | None
    group: str | None


async def page_calls(
    it: Administration,
    actor: Actor,
    workspace: str,
    connection: str | None = None,
    wanted: WantedRequests = ALL_REQUESTS,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[Call]:
    """Return a page of the calls of a workspace's connections, or of one of them.

    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises UnknownConnection: when the workspace has no such connection.
    """
    every = [each.id for each in await list_connections(it, actor, workspace)]
    if connection is not None and connection not in every:
        raise UnknownConnection(connection)
    connections = every if connection is None else [connection]
    before = None if after is None else int(after[0])
    rows = await _newest(it, connections, wanted, before, most + 1)
    page = Page.of([((of, each), (each.number,)) for of, each in rows], most)
    people = await _people(it, _about(page.items, OF_USERS))
    about = _about(page.items, OF_GROUPS)
    async with it.directory.read() as db:
        groups = await group_names(db, about, [id_ for some in about.values() for id_ in some])
    calls = [
        Call(of, each, people.get((of, each.resource or "")), groups.get((of, each.resource or "")))
        for of, each in page.items
    ]
    return Page(tuple(calls), page.next)


async def _newest(
    it: Administration,
    connections: Sequence[str],
    wanted: WantedRequests,
    before: int | None,
    most: int,
) -> Sequence[tuple[str, ListedRequest]]:
    if not connections:
        return ()
    statement = _statement(connections, wanted, before, most)
    async with it.directory.read() as db:
        rows = (await db.execute(statement)).mappings()
        return [(row["connection_id"], listed(row)) for row in rows]


def _statement(
    connections: Sequence[str], wanted: WantedRequests, before: int | None, most: int
) -> Select[Any]:
    """Return the statement that merges the newest requests of each connection.

    An index holds those of each in order, so that no more than a page of each is read, however busy
    its neighbours are.
    """
    chosen = select(REQUESTS).where(*conditions_of(wanted, before))
    newest = chosen.order_by(REQUESTS.c.number.desc()).limit(most)
    of = REQUESTS.c.connection_id
    if len(connections) > MOST_MERGED:
        return newest.where(of.in_(connections))
    each = (newest.where(of == connection).subquery() for connection in connections)
    merged = union_all(*map(select, each)).subquery()
    return select(merged).order_by(merged.c.number.desc()).limit(most)


def _about(calls: Sequence[tuple[str, ListedRequest]], path: str) -> Mapping[str, Sequence[str]]:
    """Return the ids of the users or groups that calls were about, by connections."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for connection, request in calls:
        if request.resource is not None and request.path.startswith(path):
            ids[connection].add(request.resource)
    return {connection: sorted(ids[connection]) for connection in sorted(ids)}


async def _people(
    it: Administration, ids: Mapping[str, Sequence[str]]
) -> Mapping[Named, ListedPerson]:
    """Return people with their sync states, by their ids."""
    pairs = [
        pair
        for connection, some in ids.items()
        for pair in await pairs_of(it.directory, it.downstream.states, connection, some)
    ]
    async with it.directory.read() as db:
        found = await people_with_ids(db, list(ids), [id_ for some in ids.values() for id_ in some])
    known = {(person.connection, person.identity): person for person in found}
    return {
        (version.connection_id, version.identity_id): listed_person(
            known[version.connection_id, version.identity_id],
            version,
            state,
            person_standing(version, state),
        )
        for version, state in pairs
        if (version.connection_id, version.identity_id) in known
    }
