"""What is done with policies by hand? Policies are made, removed and listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from worker.errors import PolicyExists, PolicyInUse, UnknownPolicy
from worker.planning.obstacles import policy_obstacle
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import DeviceRow, PolicyRow


@dataclass(frozen=True, slots=True)
class StoredPolicies:
    """The Policies of the worker's table. Each call is one transaction."""

    transactions: OperatorTransactions

    async def exists(self, workspace: str, name: str) -> bool:
        """Return whether the workspace has a policy of this name."""
        async with self.transactions.reading() as session:
            return await session.get(PolicyRow, (workspace, name)) is not None

    async def of_workspace(self, workspace: str) -> Sequence[str]:
        """Return the names of the policies, in order.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            names = select(PolicyRow.name).where(PolicyRow.workspace == workspace)
            return list(await session.exec(names.order_by(PolicyRow.name)))

    async def add(self, workspace: str, name: str) -> None:
        """Make a policy; deactivations that waited for it are planned again.

        :raises UnusableName: when the name is empty, too long or not printable.
        :raises PolicyExists: when the workspace has a policy of this name.
        """
        check_name("a policy", name, "policy")
        async with self.transactions.writing(workspace) as session:
            if await session.get(PolicyRow, (workspace, name)) is not None:
                raise PolicyExists(workspace, name)
            session.add(PolicyRow(workspace=workspace, name=name))
            await self.transactions.free(session, policy_obstacle(workspace, name))

    async def remove(self, workspace: str, name: str) -> None:
        """Remove a policy that no device is under. Rules that name it are the caller's to check.

        The lock on the workspace keeps leavers' devices from the policy meanwhile.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownPolicy: when the workspace has no policy of this name.
        :raises PolicyInUse: when a device of the inventory is under the policy.
        """
        under = select(DeviceRow.id).where(
            DeviceRow.workspace == workspace, DeviceRow.policy == name, ~col(DeviceRow.removed)
        )
        async with self.transactions.writing(workspace, known=True) as session:
            policy = await session.get(PolicyRow, (workspace, name))
            if policy is None:
                raise UnknownPolicy(workspace, name)
            if (await session.exec(under.limit(1))).first() is not None:
                raise PolicyInUse(workspace, name)
            await session.delete(policy)
