"""Which identities failed, and how are they retried? A retry publishes them again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.resync import Resynced
from api.admin.scope import connection_for
from api.errors import UnknownConnection
from api.outbox.list_rejections import Rejections
from api.reconciliation.leavers import settled_reconciliation
from api.reconciliation.repair import repair
from api.reconciliation.verdicts import Verdict
from contracts.downstream.failures import FailureGroup, Kind, ListedFailure


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Selects failures by their kind, connection and identity; None selects any."""

    kind: Kind | None = None
    connection: str | None = None
    identity: str | None = None


async def group_failures(it: Administration, actor: Actor) -> Sequence[FailureGroup]:
    """Return the failures of both sides, grouped by kind and message, the worker's first.

    :raises NotAllowed: when the actor reaches one workspace only.
    """
    actor.check_installation(Power.VIEW)
    return [*await it.downstream.failures.groups(), *await Rejections(it.directory).groups()]


async def list_failures(
    it: Administration, actor: Actor, wanted: FailureFilter
) -> Sequence[ListedFailure]:
    """Return the failures of both sides that a filter selects, the worker's first.

    :raises UnknownConnection: when the actor does not reach the connection of the filter.
    :raises NotAllowed: when an actor of one workspace names no connection.
    """
    await _check(it, actor, wanted, Power.VIEW)
    selection = {"connection": wanted.connection, "identity": wanted.identity}
    found: list[ListedFailure] = []
    if wanted.kind is not Kind.UNPUBLISHABLE:
        found += await it.downstream.failures.of(kind=wanted.kind, **selection)
    if wanted.kind in {Kind.UNPUBLISHABLE, None}:
        found += await Rejections(it.directory).of(**selection)
    return found


async def retry_failures(it: Administration, actor: Actor, wanted: FailureFilter) -> Resynced:
    """Publish the identities of selected failures again, but for unknown leavers.

    An event that failed with a version unknown to the directory may have told of a leaving.

    :raises UnknownConnection: when the actor does not reach the connection of the filter.
    :raises NotAllowed: when the actor may not change it, or names none and has one workspace only.
    """
    workspace = await _check(it, actor, wanted, Power.OWN)
    failed = await list_failures(it, actor, wanted)
    # A filter may be any text, such as a name: only known values go into the audit log.
    retried = {"kind": wanted.kind if failed else None, "failures": len(failed)}
    connection = wanted.connection if workspace or failed else None
    identity = wanted.identity if failed else None
    change = Change("failures.retry", workspace, connection, identity, after=retried)
    return await publish_anew(it, actor, {(it.connection, it.identity) for it in failed}, change)


async def publish_anew(
    it: Administration, actor: Actor, people: Collection[tuple[str, str]], change: Change
) -> Resynced:
    """Publish people again, named by their connections and ids, but for unknown leavers.

    :param change: the change for the audit log, which the actor may make.
    """
    reconciliation = settled_reconciliation(it.directory, it.downstream.states, it.clock)
    found = await reconciliation.of_identities(people)
    async with begun(it, actor, change):
        marked = await repair(it.directory, found, it.clock())
    return Resynced(marked, [it for it in found if it.verdict is Verdict.LEFT])


async def _check(
    it: Administration, actor: Actor, wanted: FailureFilter, power: Power
) -> str | None:
    """Check that an actor has a power over what a filter selects; return its only workspace.

    An operator may name a connection that is no more, of which failures can be left downstream.
    """
    if wanted.connection is None:
        actor.check_installation(power)
        return None
    try:
        async with it.directory.read() as db:
            return (await connection_for(db, actor, wanted.connection, power)).workspace
    except UnknownConnection:
        if actor.power is not Power.OPERATE:
            raise
        return None
