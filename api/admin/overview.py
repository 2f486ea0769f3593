"""How do a workspace's connections stand? SQL counts their people, however many there are.

``muster status`` looks at every person instead, and so can tell more: who has left unknown to the
directory, and whose event is on its way. A page is asked for too often for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.last_calls import LastCall, last_calls
from api.directory.connection_states import PUBLISHING
from api.directory.people_counts import PeopleCounts, count_people
from contracts.clock import seconds_since
from contracts.downstream.sync_states import OpenProblems


@dataclass(frozen=True, slots=True)
class ConnectionOverview:
    """A connection with the numbers of its people.

    ``pending`` wait to be published, ``held`` for an administrator: by the brake, or because the
    connection is paused or observing. ``lag_seconds`` is how long the oldest of the pending has
    been waiting; None where nothing is. ``failed`` could not be published or applied.
    """

    connection: ConnectionInUse
    active: int
    inactive: int
    pending: int
    held: int
    refused: int
    failed: int
    lag_seconds: float | None
    last_call: LastCall | None


async def overview_of(
    it: Administration, actor: Actor, workspace: str
) -> Sequence[ConnectionOverview]:
    """Return how the connections of a workspace stand, by their ids.

    The number of statements is the same for any number of connections and people.

    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    """
    connections = await list_connections(it, actor, workspace)
    return await overviews_of(it, connections)


async def overviews_of(
    it: Administration, connections: Sequence[ConnectionInUse]
) -> Sequence[ConnectionOverview]:
    """Return how connections stand, which the actor reaches."""
    ids = [each.id for each in connections]
    async with it.directory.read() as db:
        people, calls = await count_people(db, ids), await last_calls(db, ids)
    problems, now = await it.downstream.states.problems(ids), it.clock()
    return [
        _overview(
            each,
            people.get(each.id, PeopleCounts()),
            problems.get(each.id, OpenProblems()),
            calls.get(each.id),
            now,
        )
        for each in connections
    ]


def _overview(
    connection: ConnectionInUse,
    people: PeopleCounts,
    problems: OpenProblems,
    call: LastCall | None,
    now: int,
) -> ConnectionOverview:
    publishes = connection.standing.state in PUBLISHING
    since = people.waiting_since if publishes else None
    return ConnectionOverview(
        connection=connection,
        active=people.active,
        inactive=people.inactive,
        pending=people.waiting if publishes else 0,
        held=people.held + (0 if publishes else people.waiting),
        refused=problems.refused,
        failed=problems.failed + people.rejected,
        lag_seconds=None if since is None else seconds_since(since, now),
        last_call=call,
    )
