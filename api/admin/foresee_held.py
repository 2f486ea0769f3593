"""What would an approval of held losses do? They are counted by effect and deactivation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, func, null, select, union_all

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.count_people import HELD
from api.admin.scope import connection_for
from api.directory.brake_limits import Effect
from api.directory.tables import ApiTable
from contracts.rules import DEACTIVATION_ACTION, DeactivationAction, LeaveAlone

IDENTITIES = ApiTable.metadata.tables["identities"]


@dataclass(frozen=True, slots=True)
class ForeseenLoss:
    """A number of people who would lose the same.

    ``action`` is the deactivation of the rules when they left; None: they lose the role Admin
    alone, or an earlier version has not noted it.
    """

    effect: Effect
    action: DeactivationAction | None
    people: int

    @property
    def is_final(self) -> bool:
        """Return whether no administrator can give back the loss.

        A leaver comes back by the provider alone, and devices do not come back by themselves.
        """
        return self.effect is not Effect.ADMIN_ROLE and not isinstance(self.action, LeaveAlone)


@dataclass(frozen=True, slots=True)
class ForeseenLosses:
    """What an approval would do: the losses, those of most people first.

    ``people`` counts a person once whose leaving and Admin role are both held.
    """

    losses: Sequence[ForeseenLoss]
    people: int

    @property
    def is_final(self) -> bool:
        """Return whether no administrator can give back one of the losses."""
        return any(it.is_final for it in self.losses)


async def foresee_held(
    it: Administration,
    actor: Actor,
    connection_id: str,
    identities: Collection[str] | None,
    *,
    until: int | None = None,
) -> ForeseenLosses:
    """Return the losses of held people.

    :param identities: the ids of some, a hundred or so; None: everybody who is held.
    :param until: the time up to which held losses count, in microseconds.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    row = IDENTITIES.c
    leaving = func.coalesce(row.earlier_leaving["effect"].as_string(), Effect.DEACTIVATION.value)
    action = cast(row.deactivation, String)
    leavings = select(row.id, leaving.label("effect"), action.label("action"))
    leavings = leavings.where(row.leaving == HELD)
    admins = select(row.id, cast(Effect.ADMIN_ROLE.value, String), cast(null(), String))
    admins = admins.where(row.admin_hold == HELD)
    if until is not None:
        leavings = leavings.where(row.held_since <= until)
        admins = admins.where(row.admin_held_since <= until)
    of_connection = row.connection_id == connection_id
    meant = of_connection if identities is None else of_connection & row.id.in_(set(identities))
    held = union_all(leavings.where(meant), admins.where(meant)).subquery().c
    counted = select(held.effect, held.action, func.count()).group_by(held.effect, held.action)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        rows = (await db.execute(counted)).all()
        people = await db.scalar(select(func.count(held.id.distinct())))
    found = [ForeseenLoss(Effect(effect), _action(text), many) for effect, text, many in rows]
    return ForeseenLosses(sorted(found, key=lambda it: (-it.people, it.effect)), people or 0)


def _action(text: str | None) -> DeactivationAction | None:
    """Return the action in a stored document, which may be the null of JSON."""
    return None if text in {None, "null"} else DEACTIVATION_ACTION.validate_json(str(text))
