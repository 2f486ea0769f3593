"""How does a preview read the platform? A snapshot gives the facts of a batch without any lock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import Address
from worker.planning.working_set import WorkingSet
from worker.platforms.sql.load import (
    load_accounts,
    load_accounts_at,
    load_admins,
    load_of_leavers,
)


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """The PlatformFacts of a snapshot, which stay as they are although nothing is locked.

    Facts may be loaded for many pages of events into one working set. The Admins of a workspace are
    counted once, because plans change the number: ``counted`` are the workspaces where it is known.
    """

    db: AsyncConnection
    counted: set[str] = field(default_factory=set)

    async def lock_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        """Lock nothing."""

    async def load_accounts(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        await load_accounts(self.db, working_set, events, locks=False)

    async def load_accounts_at(
        self, working_set: WorkingSet, addresses: Collection[Address]
    ) -> None:
        await load_accounts_at(self.db, working_set, addresses, locks=False)

    async def load_related(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        if any(event.workspace not in self.counted for event in events):
            counted = working_set.workspaces_of_admins(events) - self.counted
            await load_admins(self.db, working_set, counted)
            self.counted.update(counted)
        await load_of_leavers(self.db, working_set, events, locks=False)
