"""What can the platform's own operators do? The inventory lists every use case by hand.

Each call is one transaction. The modules of ``operators`` describe effects and errors.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from contracts.clock import Clock, now
from contracts.rules import Portal, Role
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.listed_accounts import ListedAccount
from worker.platforms.sql.listed_devices import ListedDevice
from worker.platforms.sql.operators import accounts, devices, policies, workspaces
from worker.platforms.sql.operators.transactions import OperatorTransactions


@dataclass(frozen=True, slots=True)
class Inventory:
    """The use cases of the platform's own operators."""

    database: DownstreamDatabase
    clock: Clock = now

    async def ensure_workspace(self, workspace: str) -> None:
        """Make the workspace unless it exists."""
        await workspaces.ensure_workspace(self._transactions, workspace)

    async def workspace_exists(self, workspace: str) -> bool:
        """Return whether downstream has this workspace."""
        return await workspaces.workspace_exists(self._transactions, workspace)

    async def list_policies(self, workspace: str) -> list[str]:
        """Return the policies by name."""
        return await policies.list_policies(self._transactions, workspace)

    async def add_policy(self, workspace: str, name: str) -> None:
        """Make a policy; deactivations that waited for it are planned again."""
        await policies.add_policy(self._transactions, workspace, name)

    def list_devices(self, workspace: str) -> AsyncIterator[ListedDevice]:
        """Yield the devices by serial number; of each number, the live device comes first."""
        return devices.list_devices(self._transactions, workspace)

    async def add_device(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
    ) -> ListedDevice:
        """Enrol a device, assigned to the MDM account with an e-mail."""
        return await devices.add_device(
            self._transactions, workspace, serial, policy=policy, assigned_to=assigned_to
        )

    async def assign_device(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        """Assign a device to a live MDM account, or end its assignment where the e-mail is None."""
        return await devices.assign_device(self._transactions, workspace, serial, email)

    def list_accounts(self, workspace: str) -> AsyncIterator[ListedAccount]:
        """Yield the accounts by portal, the live ones by e-mail, then the removed ones."""
        return accounts.list_accounts(self._transactions, workspace)

    async def add_account(
        self, workspace: str, portal: Portal, email: str, *, role: Role | None = None
    ) -> ListedAccount:
        """Make an account of a person who is in no directory."""
        return await accounts.add_account(self._transactions, workspace, portal, email, role=role)

    async def release_account(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Hand an account over to the connection that holds it; a repetition changes nothing."""
        return await accounts.release_account(self._transactions, workspace, portal, email)

    @property
    def _transactions(self) -> OperatorTransactions:
        return OperatorTransactions(self.database, self.clock)
