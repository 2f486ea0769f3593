"""Which policies can rules name? The worker's table lists the policies of each workspace."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from worker.dialects import DownstreamDatabase
from worker.platforms.sql.tables import PolicyRow


@dataclass(frozen=True, slots=True)
class StoredPolicies:
    """The Policies of the worker's table."""

    database: DownstreamDatabase

    async def exists(self, workspace: str, name: str) -> bool:
        """Return whether the workspace has a policy of this name."""
        async with self.database.read() as db, AsyncSession(db) as session:
            return await session.get(PolicyRow, (workspace, name)) is not None
