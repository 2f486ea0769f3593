"""How does downstream look where nothing is stored? A working set that holds all there is."""

from dataclasses import replace

from contracts.identity_changed import IdentityChanged
from worker.planning.actions import Plan
from worker.planning.facts import Account, Device
from worker.planning.obstacles import account_obstacle, admin_obstacle, policy_obstacle
from worker.planning.plan import plan, replan
from worker.planning.working_set import WorkingSet


class ToyDownstream(WorkingSet):
    """A complete little downstream: the platform, which works by hand, and the worker."""

    # --- the platform ---------------------------------------------------------------------

    def add_account(self, account: Account) -> None:
        """Make an account by hand."""
        self.load_account(account)
        if account.is_admin:
            self.admins[account.workspace] += 1
            self._free([admin_obstacle(account.workspace)])

    def release_account(self, account_id: str) -> None:
        """Hand an account over to whichever connection holds it."""
        self.accounts[account_id] = replace(self.accounts[account_id], released=True)
        self._free([account_obstacle(account_id)])

    def add_device(self, device: Device) -> None:
        """Enrol a device by hand, or assign one that is there already."""
        self.load_device(device)

    def add_policy(self, workspace: str, name: str) -> None:
        """Make a policy by hand."""
        self.policies.add((workspace, name))
        self._free([policy_obstacle(workspace, name)])

    # --- the worker -----------------------------------------------------------------------

    def apply(self, event: IdentityChanged) -> Plan:
        """Plan an event and follow the plan."""
        planned = plan(self.facts_for(event), event)
        self.apply_plan(event, planned)
        return planned

    def replan(self, event: IdentityChanged) -> Plan:
        """Plan the newest event of a refused identity again, and follow the plan."""
        planned = replan(self.facts_for(event), event)
        self.apply_plan(event, planned)
        return planned

    def replan_due(self) -> None:
        """Plan the refused identities again that are due, until none is."""
        while self.due:
            key = min(self.due)
            self.due.remove(key)
            if (waiting := self.refused.get(key)) is not None:
                self.replan(waiting.event)
