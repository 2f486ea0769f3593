"""What is done with workspaces by hand? Workspaces are made and listed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import select

from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.new_workspaces import make_workspace
from worker.platforms.sql.operators.transactions import OperatorTransactions
from worker.platforms.sql.tables import WorkspaceRow


@dataclass(frozen=True, slots=True)
class StoredWorkspaces:
    """The Workspaces of the worker's table. Each call is one transaction."""

    transactions: OperatorTransactions

    async def names(self) -> Sequence[str]:
        """Return the names of all workspaces, in order."""
        async with self.transactions.reading() as session:
            return list(await session.exec(select(WorkspaceRow.name).order_by(WorkspaceRow.name)))

    async def exists(self, workspace: str) -> bool:
        """Return whether downstream has this workspace."""
        async with self.transactions.reading() as session:
            return await session.get(WorkspaceRow, workspace) is not None

    async def ensure_workspace(self, workspace: str) -> str:
        """Make the workspace unless it exists, in any case of letters; return the name it has.

        :raises UnusableName: when the name of the workspace is not readable.
        """
        check_name("a workspace", workspace, "workspace")
        async with self.transactions.database.write() as db:
            return await make_workspace(db, workspace)
