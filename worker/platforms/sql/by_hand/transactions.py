"""In which transactions do operators work? One for each call, under the lock on the workspace.

Whatever makes something makes its workspace on first use. The lock on the workspace keeps the call
in order with workers that count Admins or look for policies.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.clock import Clock
from worker.dialects import DownstreamDatabase
from worker.errors import UnknownWorkspace
from worker.platforms.sql.by_hand.names import check_name
from worker.platforms.sql.load import lock_workspaces, make_workspaces
from worker.platforms.sql.tables import WorkspaceRow
from worker.sync.replans import mark_freed


@dataclass(frozen=True, slots=True)
class ByHand:
    """Opens the transactions of operators, and frees what refused identities wait for."""

    database: DownstreamDatabase
    clock: Clock

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session whose statements all see the same moment."""
        async with self.database.snapshot() as db, AsyncSession(db) as session:
            yield session

    @asynccontextmanager
    async def writing(self, workspace: str, *, known: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction under the lock on a workspace, which is made where it is missing.

        :param known: refuse a workspace that is missing instead.
        :raises UnusableName: when people could not read its name.
        :raises UnknownWorkspace: when it is to be known, and is not.
        """
        check_name("a workspace", workspace)
        async with self.database.write() as db, AsyncSession(db) as session:
            if known:
                await check_known(session, workspace)
            await make_workspaces(db, [workspace])
            await lock_workspaces(db, [workspace])
            yield session
            await session.flush()

    async def free(self, session: AsyncSession, obstacle: str) -> None:
        """Let the refused identities that wait for an obstacle be planned again."""
        await mark_freed(await session.connection(), [obstacle], self.clock())


async def check_known(session: AsyncSession, workspace: str) -> None:
    """Refuse a workspace in which nothing was ever made.

    :raises UnknownWorkspace: when there is no such workspace.
    """
    if await session.get(WorkspaceRow, workspace) is None:
        raise UnknownWorkspace(workspace)
