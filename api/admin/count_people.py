"""How many people does a connection have, and how many of them wait? The database counts them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal_column, not_, select, union_all

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.scope import connection_for
from api.directory.leavings import Leaving
from api.directory.tables import ApiTable

IDENTITIES = ApiTable.metadata.tables["identities"]

HELD: ColumnElement[int] = literal_column(str(int(Leaving.HELD)))
"""A literal stands in place of a parameter: the index has only held losses."""


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """The people of a connection, without those whom the provider has deleted.

    ``waiting`` counts everybody whose newest state is not published, the deleted among them.
    """

    active: int
    inactive: int
    waiting: int


async def count_people(it: Administration, actor: Actor, connection_id: str) -> PeopleCounts:
    """Count the people of a connection.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    is_there = not_(IDENTITIES.c.deleted)
    statement = select(
        func.count().filter(and_(is_there, IDENTITIES.c.active)),
        func.count().filter(and_(is_there, not_(IDENTITIES.c.active))),
        func.count().filter(IDENTITIES.c.dirty_lane.is_not(None)),
    ).where(IDENTITIES.c.connection_id == connection_id)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        return PeopleCounts(*(await db.execute(statement)).one())


async def count_held(it: Administration, actor: Actor, workspace: str) -> Mapping[str, int]:
    """Count the people whose losses brakes hold, by connection; zeros are left out.

    A person whose leaving and Admin role are both held counts once.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    ids = [each.id for each in await list_connections(it, actor, workspace)]
    row = IDENTITIES.c
    person = select(row.connection_id).where(row.connection_id.in_(ids))
    is_admin_alone = and_(row.admin_hold == HELD, row.leaving.is_distinct_from(HELD))
    held = union_all(person.where(row.leaving == HELD), person.where(is_admin_alone))
    people = held.subquery().c
    counted = select(people.connection_id, func.count()).group_by(people.connection_id)
    async with it.directory.read() as db:
        rows = (await db.execute(counted)).all()
    return {row[0]: row[1] for row in rows}
