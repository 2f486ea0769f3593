"""What would an approval of held losses do? They are counted by effect and deactivation."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, false, func, literal, null, select, union_all

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
    leaves, is_admin = row.leaving == HELD, row.admin_hold == HELD
    if until is not None:
        leaves, is_admin = (
            leaves & (row.held_since <= until),
            is_admin & (row.admin_held_since <= until),
        )
    leaving = func.coalesce(row.earlier_leaving["effect"].as_string(), Effect.DEACTIVATION.value)
    leavings = select(
        leaving.label("effect"),
        cast(row.deactivation, String).label("action"),
        literal(value=False).label("leaves_too"),
    ).where(leaves)
    admins = select(
        cast(Effect.ADMIN_ROLE.value, String), cast(null(), String), func.coalesce(leaves, false())
    ).where(is_admin)
    of_connection = row.connection_id == connection_id
    meant = of_connection if identities is None else of_connection & row.id.in_(set(identities))
    held = union_all(leavings.where(meant), admins.where(meant)).subquery().c
    # An Admin who leaves, too, counts as one of the losses, and as a person with the leaving.
    kinds = (held.effect, held.action, held.leaves_too)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        rows = (await db.execute(select(*kinds, func.count()).group_by(*kinds))).all()
    people = sum(many for *_, leaves_too, many in rows if not leaves_too)
    of_kinds: dict[tuple[str, DeactivationAction | None], int] = defaultdict(int)
    for effect, text, _, many in rows:
        of_kinds[effect, _action(text)] += many  # writers of documents set blanks as they like
    found = [ForeseenLoss(Effect(effect), action, n) for (effect, action), n in of_kinds.items()]
    return ForeseenLosses(sorted(found, key=lambda it: (-it.people, it.effect)), people)


def _action(text: str | None) -> DeactivationAction | None:
    """Return the action in a stored document, which may be the null of JSON."""
    return None if text in {None, "null"} else DEACTIVATION_ACTION.validate_json(str(text))
