"""Which people of a workspace are refused or failed? They are grouped, and tried again, by cause.

Both sides are asked: the worker for refusals and failures, the directory for states that cannot be
published. People are counted by the databases, so that an overview costs a few statements, however
many people there are. The counts are of the states that have arrived so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change
from api.admin.connections import list_connections
from api.admin.failures import publish_anew
from api.admin.resync import Resynced
from api.admin.workspaces import workspace_named
from api.directory.people import user_names_of
from api.outbox.rejected_people import RejectedPeople
from contracts.downstream.failures import Kind
from contracts.downstream.open_problems import (
    Cause,
    OpenProblems,
    ProblemGroup,
    Trouble,
    Troubled,
)
from contracts.downstream.pages import Key, Page

FIRST = 5
"""People whom an overview names of each group."""

AT_ONCE = 1_000
"""People that are read at once to be tried again."""

Names = Mapping[tuple[str, str], str]
"""The userNames of people by their connections and ids."""


@dataclass(frozen=True, slots=True)
class ShownTroubled(Troubled):
    """A person in trouble by name, which is empty where the directory does not know the person."""

    user_name: str = ""


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """The people of a group: their number, since when (microseconds), and the first of them."""

    cause: Cause
    people: int
    since: int
    first: Sequence[ShownTroubled]


@dataclass(frozen=True, slots=True)
class Problems:
    """The groups of a workspace, the largest first, and how many people are refused and failed.

    A person with two actions refused for different reasons is in two groups, and counted once.
    """

    groups: Sequence[ShownGroup]
    refused: int
    failed: int


async def group_problems(it: Administration, actor: Actor, workspace: str) -> Problems:
    """Return the people who are refused or failed in a workspace, grouped by cause.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    connections = await _connections(it, actor, workspace)
    worker = it.downstream.problems
    groups = [
        *await worker.groups(connections, FIRST),
        *await RejectedPeople(it.directory).groups(connections, FIRST),
    ]
    groups.sort(key=lambda group: (-group.people, group.cause))
    failed = sum(each.people for each in groups if each.cause.trouble is Trouble.FAILED)
    return Problems(await _shown(it, groups), await worker.refused(connections), failed)


async def page_problem(
    it: Administration,
    actor: Actor,
    workspace: str,
    cause: Cause,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[ShownTroubled]:
    """Return a page of the people in trouble for a cause, in the order of connections and ids.

    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    connections = await _connections(it, actor, workspace)
    page = await _side(it, cause).page(connections, cause, after=after, most=most)
    names = await _names(it, page.items)
    return Page(tuple(_with_name(each, names) for each in page.items), page.next)


async def retry_problem(it: Administration, actor: Actor, workspace: str, cause: Cause) -> Resynced:
    """Publish all people in trouble for a cause again, but for unknown leavers.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    meant = await _everybody(it, await _connections(it, actor, name), cause)
    retried = {"trouble": cause.trouble, "people": len(meant)}
    if meant:  # a cause may be any text: only a known one goes into the audit log
        retried["cause"] = cause.name
    return await publish_anew(it, actor, meant, Change("problems.retry", name, after=retried))


async def _connections(it: Administration, actor: Actor, workspace: str) -> Sequence[str]:
    return [each.id for each in await list_connections(it, actor, workspace)]


def _side(it: Administration, cause: Cause) -> OpenProblems | RejectedPeople:
    """Return the side that knows the people with a cause."""
    is_ours = cause.trouble is Trouble.FAILED and cause.name == Kind.UNPUBLISHABLE
    return RejectedPeople(it.directory) if is_ours else it.downstream.problems


async def _everybody(
    it: Administration, connections: Sequence[str], cause: Cause
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    after: Key | None = None
    while True:
        page = await _side(it, cause).page(connections, cause, after=after, most=AT_ONCE)
        found |= {(each.connection, each.identity) for each in page.items}
        if (after := page.next) is None:
            return found


async def _shown(it: Administration, groups: Sequence[ProblemGroup]) -> Sequence[ShownGroup]:
    names = await _names(it, [each for group in groups for each in group.first])
    return [
        ShownGroup(
            group.cause,
            group.people,
            group.since,
            [_with_name(each, names) for each in group.first],
        )
        for group in groups
    ]


async def _names(it: Administration, people: Sequence[Troubled]) -> Names:
    async with it.directory.read() as db:
        return await user_names_of(db, {(each.connection, each.identity) for each in people})


def _with_name(person: Troubled, names: Names) -> ShownTroubled:
    name = names.get((person.connection, person.identity), "")
    return ShownTroubled(person.connection, person.identity, person.since, person.action, name)
