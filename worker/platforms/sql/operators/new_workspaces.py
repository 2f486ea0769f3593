"""How does a person's demand make a workspace? The workspace is made unless its name is taken.

Names are compared by the keys of ``contracts.names``, under a lock: of two demands at once, the
first makes the workspace, and the second finds it.
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

    Other makers of workspaces wait until the transaction ends, unless the name itself was there.
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
