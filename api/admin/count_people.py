"""How many people does a connection have, and how many of them wait? The database counts them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal_column, not_, select, union_all

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.scope import connection_for
from api.directory.brake_limits import Effect
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


async def count_held(
    it: Administration, actor: Actor, workspace: str, *, until: int | None = None
) -> Mapping[str, Mapping[Effect, int]]:
    """Count the losses that brakes hold, by connection and effect; zeros are left out.

    :param until: the time up to which held losses count, in microseconds.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    ids = [each.id for each in await list_connections(it, actor, workspace)]
    row = IDENTITIES.c
    named = func.coalesce(row.earlier_leaving["effect"].as_string(), Effect.DEACTIVATION.value)
    admin: ColumnElement[str] = literal_column(f"'{Effect.ADMIN_ROLE}'")
    leavings = select(row.connection_id, named.label("effect")).where(row.leaving == HELD)
    admins = select(row.connection_id, admin.label("effect")).where(row.admin_hold == HELD)
    if until is not None:
        leavings = leavings.where(row.held_since <= until)
        admins = admins.where(row.admin_held_since <= until)
    both = union_all(*(it.where(row.connection_id.in_(ids)) for it in (leavings, admins)))
    held = both.subquery().c
    counted = select(held.connection_id, held.effect, func.count())
    counts: dict[str, dict[Effect, int]] = {}
    async with it.directory.read() as db:
        for connection, effect, number in await db.execute(
            counted.group_by(held.connection_id, held.effect)
        ):
            counts.setdefault(connection, {})[Effect(effect)] = number
    return counts
