"""What do operators do with workspaces? Operators make them and test whether they exist."""

from worker.platforms.sql.load import make_workspaces
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions
from worker.platforms.sql.tables import WorkspaceRow


async def ensure_workspace(transactions: OperatorTransactions, workspace: str) -> None:
    """Make the workspace unless it exists.

    :raises UnusableName: when the name of the workspace is not readable.
    """
    check_name("a workspace", workspace)
    async with transactions.database.write() as db:
        await make_workspaces(db, [workspace])


async def workspace_exists(transactions: OperatorTransactions, workspace: str) -> bool:
    """Return whether downstream has this workspace."""
    async with transactions.reading() as session:
        return await session.get(WorkspaceRow, workspace) is not None
