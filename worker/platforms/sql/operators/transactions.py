"""In which transactions is the platform changed by hand? Each call has its own, under a lock.

A call that makes an object makes a missing workspace, too. The lock on the workspace orders the
call with workers that count Admins or look up policies.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.clock import Clock
from worker.dialects import DownstreamDatabase
from worker.errors import UnknownWorkspace, WorkspaceExists
from worker.platforms.sql.load import lock_workspaces
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.new_workspaces import make_workspace
from worker.platforms.sql.tables import WorkspaceRow
from worker.sync.replans import mark_freed


@dataclass(frozen=True, slots=True)
class OperatorTransactions:
    """Opens the transactions of use cases, and frees obstacles of refused identities."""

    database: DownstreamDatabase
    clock: Clock

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session whose statements all read one snapshot."""
        async with self.database.snapshot() as db, AsyncSession(db) as session:
            yield session

    @asynccontextmanager
    async def writing(self, workspace: str, *, known: bool = False) -> AsyncIterator[AsyncSession]:
        """Open a transaction under the lock on a workspace, made where it is missing.

        :param known: whether a missing workspace is refused instead.
        :raises UnusableName: when the name of the workspace is not readable.
        :raises UnknownWorkspace: when the workspace is missing and ``known`` is set.
        :raises WorkspaceExists: when the workspace is there by now, with its name in other letters.
        """
        check_name("a workspace", workspace, "workspace")
        async with self.database.write() as db, AsyncSession(db) as session:
            if known:
                await check_known(session, workspace)
            existing = await make_workspace(db, workspace)
            if existing != workspace:
                raise WorkspaceExists(workspace, existing)
            await lock_workspaces(db, [workspace])
            yield session
            await session.flush()

    async def free(self, session: AsyncSession, obstacle: str) -> None:
        """Make the refused identities that wait for an obstacle due for planning again."""
        await mark_freed(await session.connection(), [obstacle], self.clock())


async def check_known(session: AsyncSession, workspace: str) -> None:
    """Refuse a workspace that downstream does not have.

    :raises UnknownWorkspace: when there is no such workspace.
    """
    if await session.get(WorkspaceRow, workspace) is None:
        raise UnknownWorkspace(workspace)
