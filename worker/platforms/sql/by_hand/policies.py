"""What do operators do with policies? They make them, and list them."""

from sqlmodel import select

from worker.errors import PolicyExists
from worker.planning.obstacles import policy_obstacle
from worker.platforms.sql.by_hand.names import check_name
from worker.platforms.sql.by_hand.transactions import ByHand, check_known
from worker.platforms.sql.tables import PolicyRow


async def list_policies(by_hand: ByHand, workspace: str) -> list[str]:
    """Return the policies by name.

    :raises UnknownWorkspace: when there is no such workspace.
    """
    async with by_hand.reading() as session:
        await check_known(session, workspace)
        names = select(PolicyRow.name).where(PolicyRow.workspace == workspace)
        return list(await session.exec(names.order_by(PolicyRow.name)))


async def add_policy(by_hand: ByHand, workspace: str, name: str) -> None:
    """Make a policy; deactivations that waited for it go on.

    :raises PolicyExists: when there is one of this name.
    """
    check_name("a policy", name)
    async with by_hand.writing(workspace) as session:
        if await session.get(PolicyRow, (workspace, name)) is not None:
            raise PolicyExists(workspace, name)
        session.add(PolicyRow(workspace=workspace, name=name))
        await by_hand.free(session, policy_obstacle(workspace, name))
