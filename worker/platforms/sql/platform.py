"""How does the worker reach a platform in its own tables? A transaction changes it and sync.

A batch is therefore applied as a whole or not at all: accounts and sync records never differ. The
adapter of a remote platform would have to record intended actions in the ledger first, and their
results afterwards.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.known_names import KnownNames
from worker.planning.facts import Address
from worker.planning.working_set import WorkingSet
from worker.platforms.port import AdminsBusy
from worker.platforms.sql.load import (
    load_accounts,
    load_accounts_at,
    load_admins,
    load_of_leavers,
    lock_workspaces,
    make_workspaces,
    may_need_workspace_lock,
    needs_workspace_lock,
)
from worker.platforms.sql.save import save


@dataclass(frozen=True, slots=True)
class SqlPlatform:
    """The Platform in the worker's own tables, within one open transaction.

    ``known`` are workspaces whose rows were committed, so that no statement makes them again.
    ``cautious`` is whether each workspace whose Admins may decide is locked before any other row,
    and ``locked`` are the workspaces that are locked.
    """

    db: AsyncConnection
    known: KnownNames = field(default_factory=KnownNames)
    cautious: bool = False
    locked: set[str] = field(default_factory=set)

    async def make_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        missing = self.known.missing_of(event.workspace for event in events)
        self.known.add(await make_workspaces(self.db, missing))

    async def lock_workspaces(self, events: Sequence[IdentityChanged]) -> None:
        needs_lock = may_need_workspace_lock if self.cautious else needs_workspace_lock
        names = {event.workspace for event in events if needs_lock(event)}
        removed = names - await lock_workspaces(self.db, names)
        if removed:  # a known workspace may have lost its row meanwhile
            self.known.forget(removed)
            await make_workspaces(self.db, removed)
            await lock_workspaces(self.db, names)
        self.locked.update(names)

    async def load_accounts(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        await load_accounts(self.db, working_set, events)

    async def load_accounts_at(
        self, working_set: WorkingSet, addresses: Collection[Address]
    ) -> None:
        await load_accounts_at(self.db, working_set, addresses)

    async def load_related(
        self, working_set: WorkingSet, events: Sequence[IdentityChanged]
    ) -> None:
        counted = working_set.workspaces_of_admins(events)
        missing = counted - self.locked
        if missing - await lock_workspaces(self.db, missing, skip_locked=True):
            raise AdminsBusy
        self.locked.update(missing)
        await load_admins(self.db, working_set, counted)
        await load_of_leavers(self.db, working_set, events)

    async def save(self, working_set: WorkingSet, now: int) -> None:
        await save(self.db, working_set, now)
