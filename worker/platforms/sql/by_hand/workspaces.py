"""What do operators do with workspaces? They make them, and ask which there are."""

from worker.platforms.sql.by_hand.names import check_name
from worker.platforms.sql.by_hand.transactions import ByHand
from worker.platforms.sql.load import make_workspaces
from worker.platforms.sql.tables import WorkspaceRow


async def ensure_workspace(by_hand: ByHand, workspace: str) -> None:
    """Make the workspace on first use.

    :raises UnusableName: when people could not read its name.
    """
    check_name("a workspace", workspace)
    async with by_hand.database.write() as db:
        await make_workspaces(db, [workspace])


async def workspace_exists(by_hand: ByHand, workspace: str) -> bool:
    """Say whether anything was ever made in this workspace."""
    async with by_hand.reading() as session:
        return await session.get(WorkspaceRow, workspace) is not None
