"""Has anybody left since a preview? A digest of all leavers tells it, at the cost of a count.

Only leavings take away what no administrator gives back. People who join or change are left out, so
that a busy provider does not make each preview stale before it is read.
"""

from hashlib import sha256

from sqlalchemy import func, not_, or_, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.scope import connection_for
from api.directory.tables import ApiTable

IDENTITIES = ApiTable.metadata.tables["identities"]


async def leavings_digest(it: Administration, actor: Actor, connection_id: str) -> str:
    """Return a digest of the settings of a connection, and of its leavings and how far they are.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    row = IDENTITIES.c
    has_left = or_(not_(row.active), row.deleted, row.locked_at.is_not(None))
    statement = select(
        func.count(),
        func.max(row.version),
        func.max(row.locked_at),
        func.count().filter(row.dirty_lane.is_not(None)),
        func.count().filter(row.leaving.is_not(None)),
    ).where(row.connection_id == connection_id, has_left)
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.VIEW)
        numbers = (await db.execute(statement)).one()
    return sha256(f"{found.settings_digest} {tuple(numbers)}".encode()).hexdigest()[:32]
