"""How does a person's demand make a workspace? No second one is made whose name means the same.

Names are compared by the keys of ``contracts.names``, under a lock: of two demands at once, one
makes the workspace, and the other one finds it.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from contracts.names import name_key
from worker.dialects import wait_for_makers
from worker.platforms.sql.load import make_workspaces
from worker.platforms.sql.tables import WorkspaceRow


async def make_workspace(db: AsyncConnection, name: str) -> str:
    """Make a workspace unless there is one with its name or its key; return the name that it has.

    Others that make one wait until the transaction ends, unless there was nothing to be made.
    """
    named = col(WorkspaceRow.name)
    if await db.scalar(select(named).where(named == name)) is not None:
        return name
    await wait_for_makers(db)
    known: list[str] = sorted((await db.execute(select(named))).scalars())
    same = [each for each in known if name_key(each) == name_key(name)]
    if same and name not in same:
        return same[0]
    await make_workspaces(db, [name])
    return name
