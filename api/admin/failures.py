"""Which identities failed, on either side, and how are they tried again?"""

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
from contracts.downstream_facts import SyncStates
from contracts.listed_failures import FailureGroup, Failures, ListedFailure


@dataclass(frozen=True, slots=True)
class FailureFilter:
    """Which failures are wanted: of this kind, connection and identity. None: of any."""

    kind: str | None = None
    connection: str | None = None
    identity: str | None = None


async def group_failures(
    directory: DirectoryDatabase, failures: Failures
) -> Sequence[FailureGroup]:
    """Return all failures by kind and message, those of the worker first."""
    return [*await failures.groups(), *await Rejections(directory).groups()]


async def list_failures(
    directory: DirectoryDatabase, failures: Failures, wanted: FailureFilter
) -> Sequence[ListedFailure]:
    """Return the failures that are wanted, those of the worker first."""
    of = {"connection": wanted.connection, "identity": wanted.identity}
    found: list[ListedFailure] = []
    if wanted.kind != UNPUBLISHABLE:
        found += await failures.of(kind=wanted.kind, **of)
    if wanted.kind in {UNPUBLISHABLE, None}:
        found += await Rejections(directory).of(**of)
    return found


async def retry_failures(
    directory: DirectoryDatabase,
    failures: Failures,
    states: SyncStates,
    wanted: FailureFilter,
    clock: Clock = now,
) -> Resynced:
    """Publish the identities again whose failures are wanted, but for unknown leavers.

    A failure of something newer than the directory knows may have been a leaving.
    """
    failed = await list_failures(directory, failures, wanted)
    reconciliation = settled_reconciliation(directory, states, clock)
    found = await reconciliation.of_identities({(it.connection, it.identity) for it in failed})
    marked = await repair(directory, found, clock())
    return Resynced(marked, [it for it in found if it.verdict is Verdict.LEFT])
