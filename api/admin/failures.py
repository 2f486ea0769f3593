"""Which identities failed, on either side, and how are they tried again?"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.resync import Resynced
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import UNPUBLISHABLE
from api.outbox.rejections import Rejections
from api.reconciliation.leavers import whatever_is_on_its_way
from api.reconciliation.repair import repair
from api.reconciliation.verdicts import Verdict
from contracts.clock import Clock, now
from contracts.downstream.failures import FailureGroup, Failures, ListedFailure
from contracts.downstream.sync_states import SyncStates


@dataclass(frozen=True, slots=True)
class Meant:
    """Which failures are meant: of this kind, connection and identity. None: of any."""

    kind: str | None = None
    connection: str | None = None
    identity: str | None = None


async def group_failures(
    directory: DirectoryDatabase, failures: Failures
) -> Sequence[FailureGroup]:
    """Return all failures by kind and message, those of the worker first."""
    return [*await failures.groups(), *await Rejections(directory).groups()]


async def list_failures(
    directory: DirectoryDatabase, failures: Failures, meant: Meant
) -> Sequence[ListedFailure]:
    """Return the failures that are meant, those of the worker first."""
    of = {"connection": meant.connection, "identity": meant.identity}
    found: list[ListedFailure] = []
    if meant.kind != UNPUBLISHABLE:
        found += await failures.of(kind=meant.kind, **of)
    if meant.kind in {UNPUBLISHABLE, None}:
        found += await Rejections(directory).of(**of)
    return found


async def retry_failures(
    directory: DirectoryDatabase,
    failures: Failures,
    states: SyncStates,
    meant: Meant,
    clock: Clock = now,
) -> Resynced:
    """Publish the identities again whose failures are meant, but for unknown leavers.

    A failure of something newer than the directory knows may have been a leaving.
    """
    failed = await list_failures(directory, failures, meant)
    comparing = whatever_is_on_its_way(directory, states, clock)
    found = await comparing.of({(it.connection, it.identity) for it in failed})
    marked = await repair(directory, found, clock())
    return Resynced(marked, [it for it in found if it.verdict is Verdict.LEFT])
