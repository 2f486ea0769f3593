"""What can be done on the platform by hand? The inventory has the use cases, noun by noun."""

from dataclasses import dataclass

from contracts.clock import Clock, now
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.operators.accounts import StoredAccounts
from worker.platforms.sql.operators.devices import StoredDevices
from worker.platforms.sql.operators.histories import StoredHistories
from worker.platforms.sql.operators.policies import StoredPolicies
from worker.platforms.sql.operators.transactions import OperatorTransactions
from worker.platforms.sql.operators.workspaces import StoredWorkspaces


@dataclass(frozen=True, slots=True)
class Inventory:
    """The use cases of administrators and operators on the platform; each is one transaction."""

    database: DownstreamDatabase
    clock: Clock = now

    @property
    def workspaces(self) -> StoredWorkspaces:
        """Return the workspaces."""
        return StoredWorkspaces(self._transactions)

    @property
    def policies(self) -> StoredPolicies:
        """Return the policies of all workspaces."""
        return StoredPolicies(self._transactions)

    @property
    def devices(self) -> StoredDevices:
        """Return the devices of all workspaces."""
        return StoredDevices(self._transactions)

    @property
    def accounts(self) -> StoredAccounts:
        """Return the accounts of all workspaces."""
        return StoredAccounts(self._transactions)

    @property
    def histories(self) -> StoredHistories:
        """Return the histories of identities."""
        return StoredHistories(self._transactions)

    @property
    def _transactions(self) -> OperatorTransactions:
        return OperatorTransactions(self.database, self.clock)
