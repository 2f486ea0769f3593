"""How does a batch reach sync? A store bundles its statements in one open transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.planning.facts import IdentityKey
from worker.planning.working_set import WorkingSet
from worker.sync.load import (
    load_holders,
    load_ledger,
    lock_due_records,
    lock_records,
    read_records,
)
from worker.sync.replans import find_stored, mark_freed, mark_refused
from worker.sync.save import release_accounts, save
from worker.sync.save_records import Envelopes


@dataclass(frozen=True, slots=True)
class SyncStore:
    """The sync records, refusals and ledger, within the transaction that applies a batch."""

    db: AsyncConnection

    async def lock_records(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> frozenset[IdentityKey]:
        """Lock and load the records of events, new ones too; return identities with refusals."""
        return await lock_records(self.db, working_set, events)

    async def lock_due_records(
        self, working_set: WorkingSet, keys: Iterable[IdentityKey]
    ) -> frozenset[IdentityKey]:
        """Lock and load the records that are not locked; return identities with refusals."""
        return await lock_due_records(self.db, working_set, keys)

    async def read_records(
        self, working_set: WorkingSet, keys: Collection[IdentityKey]
    ) -> frozenset[IdentityKey]:
        """Load records without locks, new ones where missing; return identities with refusals."""
        return await read_records(self.db, working_set, keys)

    async def load_holders(self, working_set: WorkingSet) -> None:
        """Load the records of other identities that hold the accounts found by e-mail."""
        await load_holders(self.db, working_set)

    async def load_ledger(self, working_set: WorkingSet, events: Sequence[IdentityChanged]) -> None:
        """Load the device actions that the deactivations of these events have taken."""
        await load_ledger(self.db, working_set, events)

    async def release_accounts(self, working_set: WorkingSet, now: int) -> None:
        """Unlink the former holders of accounts that other identities have taken over."""
        await release_accounts(self.db, working_set, now)

    async def save(
        self,
        working_set: WorkingSet,
        envelopes: Envelopes,
        refused_before: Collection[IdentityKey],
        now: int,
    ) -> None:
        """Write the records, ledger entries and refusals of a working set after its plans."""
        await save(self.db, working_set, envelopes, refused_before, now)

    async def mark_refused(self, keys: Collection[IdentityKey], at: int) -> None:
        """Make refused identities, whose records are locked, due at a time in microseconds."""
        await mark_refused(self.db, keys, at)

    async def mark_freed(self, obstacles: Collection[str], now: int) -> int:
        """Make the identities due that wait for these obstacles; return their number."""
        return await mark_freed(self.db, obstacles, now)

    async def find_stored(
        self, obstacles: Collection[str], keys: Collection[IdentityKey]
    ) -> Sequence[tuple[IdentityKey, str]]:
        """Return refused identities by obstacles and by keys, with their stored events."""
        return await find_stored(self.db, obstacles, keys)
