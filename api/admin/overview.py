"""How do a workspace's connections stand? SQL counts their people, however many there are.

``muster status`` looks at every person instead, and so can tell more: unknown leavers, and exactly
the people whose event is on its way. A page is asked for too often for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.last_calls import LastCall, last_calls
from api.directory.connection_states import PUBLISHING
from api.directory.people_counts import PeopleCounts, count_people
from api.reconciliation.not_arrived import Published, not_arrived, times_before
from contracts.clock import seconds_since
from contracts.downstream.sync_states import Arrived, OpenProblems


@dataclass(frozen=True, slots=True)
class ConnectionOverview:
    """A connection with the numbers of its people.

    ``pending`` wait to be published, or are published and not applied; of the latter there are as
    many at least (``api.reconciliation.not_arrived``). ``held`` wait for an administrator: by the
    brake, or because the connection is paused or observing; the latter are ``kept_back``.
    ``lag_seconds`` is how long the longest of the pending has been waiting at least; None where
    none is. ``failed`` could not be published or applied.
    """

    connection: ConnectionInUse
    active: int
    inactive: int
    pending: int
    held: int
    kept_back: int
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
    ids, now = [each.id for each in connections], it.clock()
    since = times_before(now)
    arrived = await it.downstream.states.arrived(ids, since)  # first: as if the directory knew more
    async with it.directory.read() as db:
        newest = {id_: of.newest for id_, of in arrived.items()}
        people = await count_people(db, ids, since, newest)
        calls = await last_calls(db, ids)
    problems = await it.downstream.states.problems(ids)
    return [
        _overview(
            each,
            people.get(each.id, PeopleCounts()),
            arrived.get(each.id, Arrived()),
            problems.get(each.id, OpenProblems()),
            calls.get(each.id),
            now,
        )
        for each in connections
    ]


def _overview(
    connection: ConnectionInUse,
    people: PeopleCounts,
    arrived: Arrived,
    problems: OpenProblems,
    call: LastCall | None,
    now: int,
) -> ConnectionOverview:
    publishes = connection.standing.state in PUBLISHING
    since = people.waiting_since if publishes else None
    published = Published(people.beyond, people.beyond_since, people.published)
    on_the_way = not_arrived(published, arrived, now)
    kept_back = 0 if publishes else people.waiting
    waits = (None if since is None else seconds_since(since, now), on_the_way.seconds)
    return ConnectionOverview(
        connection=connection,
        active=people.active,
        inactive=people.inactive,
        pending=on_the_way.people + (people.waiting if publishes else 0),
        held=people.held + kept_back,
        kept_back=kept_back,
        refused=problems.refused,
        failed=problems.failed + people.rejected,
        lag_seconds=max((it for it in waits if it is not None), default=None),
        last_call=call,
    )
