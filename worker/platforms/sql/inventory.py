"""What can the platform's own operators ask for and do? Every use case by hand, on one page.

Each call is one transaction. The modules of ``by_hand`` say what is done, and what is refused.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from contracts.clock import Clock, now
from contracts.rules import Portal, Role
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.by_hand import accounts, devices, policies, workspaces
from worker.platforms.sql.by_hand.transactions import ByHand
from worker.platforms.sql.listed_accounts import ListedAccount
from worker.platforms.sql.listed_devices import ListedDevice


@dataclass(frozen=True, slots=True)
class Inventory:
    """The downstream platform in the hands of its own operators."""

    database: DownstreamDatabase
    clock: Clock = now

    async def ensure_workspace(self, workspace: str) -> None:
        """Make the workspace on first use."""
        await workspaces.ensure_workspace(self._by_hand, workspace)

    async def workspace_exists(self, workspace: str) -> bool:
        """Say whether anything was ever made in this workspace."""
        return await workspaces.workspace_exists(self._by_hand, workspace)

    async def list_policies(self, workspace: str) -> list[str]:
        """Return the policies by name."""
        return await policies.list_policies(self._by_hand, workspace)

    async def add_policy(self, workspace: str, name: str) -> None:
        """Make a policy; deactivations that waited for it go on."""
        await policies.add_policy(self._by_hand, workspace, name)

    def list_devices(self, workspace: str) -> AsyncIterator[ListedDevice]:
        """Give the devices by serial number, the live one of each before the removed ones."""
        return devices.list_devices(self._by_hand, workspace)

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
            self._by_hand, workspace, serial, policy=policy, assigned_to=assigned_to
        )

    async def assign_device(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        """Assign a device to a live MDM account, or to nobody."""
        return await devices.assign_device(self._by_hand, workspace, serial, email)

    def list_accounts(self, workspace: str) -> AsyncIterator[ListedAccount]:
        """Give the accounts by portal, the live ones by e-mail, then the removed ones."""
        return accounts.list_accounts(self._by_hand, workspace)

    async def add_account(
        self, workspace: str, portal: Portal, email: str, *, role: Role | None = None
    ) -> ListedAccount:
        """Make an account, as the platform would for somebody who is in no directory."""
        return await accounts.add_account(self._by_hand, workspace, portal, email, role=role)

    async def release_account(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Hand an account over to whichever connection holds it; again, that changes nothing."""
        return await accounts.release_account(self._by_hand, workspace, portal, email)

    @property
    def _by_hand(self) -> ByHand:
        return ByHand(self.database, self.clock)
