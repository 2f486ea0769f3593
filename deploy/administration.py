"""What is behind the use cases of administrators? The worker's classes are put together here."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from api.admin.administration import Administration, Downstream
from contracts.clock import Clock, now
from contracts.downstream.preview import PlannedEffect
from contracts.identity_changed import IdentityChanged
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.conflicts import StoredConflicts
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.inventory import Inventory
from worker.sync.failures import StoredFailures
from worker.sync.states import StoredSyncStates
from worker.sync.stored_problems import StoredProblems


@dataclass(frozen=True, slots=True)
class PreviewOnDemand:
    """A Preview that loads the worker's planner when it is asked: most commands need none."""

    database: DownstreamDatabase

    def of(self, events: AsyncIterator[Sequence[IdentityChanged]]) -> AsyncIterator[PlannedEffect]:
        """Yield the effects of events, then the refusals that would remain."""
        from worker.preview import PlannedPreview  # noqa: PLC0415  # as the docstring tells

        return PlannedPreview(self.database).of(events)


def administration_of(
    databases: Databases, settings: Settings, clock: Clock = now
) -> Administration:
    """Return the Administration of an installation, on its databases and settings."""
    inventory = Inventory(databases.downstream, clock)
    downstream = Downstream(
        StoredSyncStates(databases.downstream),
        StoredFailures(databases.downstream),
        inventory.policies,
        inventory.workspaces,
        inventory.accounts,
        inventory.devices,
        inventory.histories,
        PreviewOnDemand(databases.downstream),
        StoredConflicts(databases.downstream, clock),
        StoredProblems(databases.downstream),
    )
    console_url = settings.console_url or None
    return Administration(databases.directory, downstream, settings.base, clock, console_url)
