"""How does a batch reach what Muster keeps of identities? By a store in an open transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import IdentityKey
from worker.planning.working_set import WorkingSet
from worker.sync.load import load_holders, load_ledger, lock_due_records, lock_records
from worker.sync.replans import mark_freed, mark_refused
from worker.sync.save import Envelopes, release_accounts, save


@dataclass(frozen=True, slots=True)
class SyncStore:
    """Sync records, refusals and the ledger, within the transaction that applies a batch."""

    db: AsyncConnection

    async def lock_records(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> frozenset[IdentityKey]:
        """Load the sync records of these events, made where missing; return which are refused."""
        return await lock_records(self.db, working_set, events)

    async def lock_due_records(
        self, working_set: WorkingSet, keys: Iterable[IdentityKey]
    ) -> frozenset[IdentityKey]:
        """Load the sync records of these identities, but those that others have locked."""
        return await lock_due_records(self.db, working_set, keys)

    async def load_holders(self, working_set: WorkingSet) -> None:
        """Load who else holds the accounts that were found by e-mail."""
        await load_holders(self.db, working_set)

    async def load_ledger(self, working_set: WorkingSet, events: Sequence[IdentityChanged]) -> None:
        """Load which device actions the deactivations of these events have had."""
        await load_ledger(self.db, working_set, events)

    async def release_accounts(self, working_set: WorkingSet, now: int) -> None:
        """Let identities lose the accounts that others of this batch have taken over."""
        await release_accounts(self.db, working_set, now)

    async def save(
        self,
        working_set: WorkingSet,
        envelopes: Envelopes,
        refused_before: Collection[IdentityKey],
        now: int,
    ) -> None:
        """Write the records, ledger entries and refusals that following the plans has left."""
        await save(self.db, working_set, envelopes, refused_before, now)

    async def mark_refused(self, keys: Collection[IdentityKey], at: int) -> None:
        """Make refused identities, whose locks are held, due at a time."""
        await mark_refused(self.db, keys, at)

    async def mark_freed(self, obstacles: Collection[str], now: int) -> int:
        """Make due who waits for one of these obstacles; return how many there are."""
        return await mark_freed(self.db, obstacles, now)
