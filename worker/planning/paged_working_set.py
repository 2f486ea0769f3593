"""How are more events planned than fit into memory? A working set forgets facts between pages.

A batch loads its facts once. A preview loads facts for each page, which may not undo the plans of
earlier pages. Facts that no plan has changed are forgotten, because they can be loaded again.
"""

from collections.abc import Collection
from dataclasses import replace

from worker.planning.changes import RefusedIdentity
from worker.planning.facts import Account, Device, IdentityKey, SyncRecord
from worker.planning.working_set import WorkingSet, email_obstacle_of


class PagedWorkingSet(WorkingSet):
    """A working set for page after page of events from one snapshot.

    It keeps the changes of plans, and forgets the rest between pages.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept = set[IdentityKey]()

    # --- loading --------------------------------------------------------------------------

    def load_record(self, record: SyncRecord, refused: RefusedIdentity | None = None) -> None:
        """Add a sync record as stored, unless a plan has changed it."""
        if record.key not in self.changes.records:
            super().load_record(record, refused)

    def load_account(self, account: Account) -> None:
        """Add an account as stored, unless a plan has changed it."""
        if account.id not in self.changes.accounts:
            super().load_account(account)

    def load_device(self, device: Device) -> None:
        """Add a device as stored, unless a plan has changed it."""
        if device.id not in self.changes.devices:
            super().load_device(device)

    def accounts_without_known_holder(self) -> Collection[str]:
        """Return the accounts whose holders are still to be loaded; those of changed ones were."""
        return self.accounts.keys() - self._holders.keys() - self.changes.accounts.keys()

    def owners_of_devices(self) -> Collection[str]:
        """Return the loaded accounts of portals with devices that no plan has made."""
        before = self.changes.accounts
        return [it for it in super().owners_of_devices() if before.get(it, it) is not None]

    # --- forgetting -----------------------------------------------------------------------

    def forget_unchanged(self) -> None:
        """Forget the records, accounts and devices that plans have not changed.

        The rest is as large as the changes of plans. Holders of changed accounts are kept, and so
        are the devices that are assigned to them.
        """
        for key in self.records.keys() - self._kept:
            if self._is_needed(self.records[key]):
                self._kept.add(key)
            else:
                self._forget_record(key)
        for account_id in self.accounts.keys() - self.changes.accounts.keys():
            self._forget_account(account_id)
        for device_id in self.devices.keys() - self.changes.devices.keys():
            if self.devices[device_id].assigned_to not in self.changes.accounts:
                self._forget_device(device_id)

    def _is_needed(self, record: SyncRecord) -> bool:
        """Return whether a record differs from the stored one by more than its version."""
        if record.key in self.refused or record.account_id in self.changes.accounts:
            return True
        before = self.changes.records.get(record.key)
        return (
            before is not None and replace(before, applied_version=record.applied_version) != record
        )

    def _forget_record(self, key: IdentityKey) -> None:
        record = self.records.pop(key)
        self.changes.records.pop(key, None)
        if record.account_id is not None and self._holders.get(record.account_id) == key:
            del self._holders[record.account_id]

    def _forget_account(self, account_id: str) -> None:
        obstacle = email_obstacle_of(self.accounts.pop(account_id))
        if obstacle is not None and self._by_email.get(obstacle) == account_id:
            del self._by_email[obstacle]

    def _forget_device(self, device_id: str) -> None:
        assigned_to = self.devices.pop(device_id).assigned_to
        if assigned_to is not None:
            self._assigned[assigned_to].discard(device_id)
