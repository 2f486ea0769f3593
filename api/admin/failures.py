"""Which identities failed, and how are they retried? A retry publishes them again."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.resync import Resynced
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import UNPUBLISHABLE
from api.outbox.rejections import Rejections
from api.reconciliation.leavers import settled_reconciliation
from api.reconciliation.repair import repair
from api.reconciliation.verdicts import Verdict
from contracts.clock import Clock, now
from contracts.downstream.failures import FailureGroup, Failures, ListedFailure
from contracts.downstream.sync_states import SyncStates


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Selects failures by their kind, connection and identity; None selects any."""

    kind: str | None = None
    connection: str | None = None
    identity: str | None = None


async def group_failures(
    directory: DirectoryDatabase, failures: Failures
) -> Sequence[FailureGroup]:
    """Return the failures of both sides, grouped by kind and message, the worker's first."""
    return [*await failures.groups(), *await Rejections(directory).groups()]


async def list_failures(
    directory: DirectoryDatabase, failures: Failures, wanted: FailureFilter
) -> Sequence[ListedFailure]:
    """Return the failures of both sides that a filter selects, the worker's first."""
    selection = {"connection": wanted.connection, "identity": wanted.identity}
    found: list[ListedFailure] = []
    if wanted.kind != UNPUBLISHABLE:
        found += await failures.of(kind=wanted.kind, **selection)
    if wanted.kind in {UNPUBLISHABLE, None}:
        found += await Rejections(directory).of(**selection)
    return found


async def retry_failures(
    directory: DirectoryDatabase,
    failures: Failures,
    states: SyncStates,
    wanted: FailureFilter,
    clock: Clock = now,
) -> Resynced:
    """Publish the identities of selected failures again, but for unknown leavers.

    An event that failed with a version unknown to the directory may have told of a leaving.
    """
    failed = await list_failures(directory, failures, wanted)
    reconciliation = settled_reconciliation(directory, states, clock)
    found = await reconciliation.of_identities({(it.connection, it.identity) for it in failed})
    marked = await repair(directory, found, clock())
    return Resynced(marked, [it for it in found if it.verdict is Verdict.LEFT])
