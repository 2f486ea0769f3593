"""What do operators do with policies? Operators make and list them."""

from sqlmodel import select

from worker.errors import PolicyExists
from worker.planning.obstacles import policy_obstacle
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import PolicyRow


async def list_policies(transactions: OperatorTransactions, workspace: str) -> list[str]:
    """Return the policies by name.

    :raises UnknownWorkspace: when there is no such workspace.
    """
    async with transactions.reading() as session:
        await check_known(session, workspace)
        names = select(PolicyRow.name).where(PolicyRow.workspace == workspace)
        return list(await session.exec(names.order_by(PolicyRow.name)))


async def add_policy(transactions: OperatorTransactions, workspace: str, name: str) -> None:
    """Make a policy; deactivations that waited for it are planned again.

    :raises UnusableName: when the name is empty, too long or not printable.
    :raises PolicyExists: when the workspace has a policy of this name.
    """
    check_name("a policy", name)
    async with transactions.writing(workspace) as session:
        if await session.get(PolicyRow, (workspace, name)) is not None:
            raise PolicyExists(workspace, name)
        session.add(PolicyRow(workspace=workspace, name=name))
        await transactions.free(session, policy_obstacle(workspace, name))
