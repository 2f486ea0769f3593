"""How does a brake count? It locks its row, adds up releases of the last hour, and notes new ones.

Every function runs inside the caller's transaction.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.administration_tables import Brake, BrakeRelease
from api.directory.brake_limits import WINDOW, Effect, limit_in
from api.directory.dialects import insert_for
from api.outbox.held_losses import is_held
from api.outbox.judgement import Amounts, BrakeState, judged
from api.outbox.lease_statement import CONNECTIONS, IDENTITIES

BRAKES = Brake.__table__  # type: ignore[attr-defined]
RELEASES = BrakeRelease.__table__  # type: ignore[attr-defined]

EVERYBODY = 100_000_000
"""More losses than any connection has people."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of an identity, at a version of it, and the amount that it counts for each effect."""

    identity: str
    version: int
    amounts: Amounts


async def judge_losses(
    db: AsyncConnection, connection_id: str, losses: Sequence[Loss], now: int
) -> Mapping[str, Effect]:
    """Judge losses of one connection in their order, and note those that pass.

    Return the effect whose brake holds each of the others, by identity.
    """
    wanted: Counter[Effect] = Counter()
    for loss in losses:
        wanted.update(loss.amounts)
    brakes: dict[Effect, BrakeState] = {}
    effects = [effect for effect in Effect if wanted[effect]]  # locked in this order
    for effect in effects:
        is_effect = {"connection_id": connection_id, "effect": effect}
        tripped = await _lock(db, is_effect)
        if brake := await _state_of(db, is_effect, now, wanted[effect], tripped=tripped):
            brakes[effect] = brake
    room = {effect: brake.room for effect, brake in brakes.items()}
    outcomes = judged(room, [loss.amounts for loss in losses])
    held = {it.identity: why for it, why in zip(losses, outcomes, strict=True) if why is not None}
    passing = [loss for loss in losses if loss.identity not in held]
    for effect, brake in brakes.items():
        is_effect = {"connection_id": connection_id, "effect": effect}
        await _note(db, is_effect, [it for it in passing if it.amounts.get(effect)], now)
        trips = effect in held.values() or (brake.tripped and not room[effect])
        if trips != brake.tripped:
            at = now if trips else None
            await db.execute(update(BRAKES).where(*_of(BRAKES, is_effect)).values(tripped_at=at))
    return held


async def _lock(db: AsyncConnection, is_effect: Mapping[str, str]) -> bool:
    """Lock the row of the brake, or make it; return whether the brake is tripped.

    Only later statements count all amounts, because this one may have waited for the lock.
    """
    made = insert_for(db.dialect.name, BRAKES).values(is_effect)
    locked = made.on_conflict_do_update(
        index_elements=["connection_id", "effect"], set_={"effect": made.excluded.effect}
    ).returning(BRAKES.c.tripped_at)
    return (await db.execute(locked)).scalar_one() is not None


async def read_brake(
    db: AsyncConnection,
    connection_id: str,
    effect: Effect,
    now: int,
    *,
    except_for: Collection[str] = (),
) -> BrakeState | None:
    """Return a brake without locking its row, with all the people who count; None where it is off.

    :param except_for: the ids of people whose losses do not count as held.
    """
    is_effect = {"connection_id": connection_id, "effect": effect}
    tripped_at = await db.scalar(select(BRAKES.c.tripped_at).where(*_of(BRAKES, is_effect)))
    tripped = tripped_at is not None
    return await _state_of(
        db, is_effect, now, EVERYBODY, tripped=tripped, except_for=except_for, is_locked=False
    )


async def _state_of(
    db: AsyncConnection,
    is_effect: Mapping[str, str],
    now: int,
    wanted: int,
    *,
    tripped: bool,
    except_for: Collection[str] = (),
    is_locked: bool = True,
) -> BrakeState | None:
    """Return the brake; None where it is off. To be exact, its row has to be locked.

    People are counted only where their share decides, and only as many as are needed to let all
    wanted losses pass.
    """
    connection_id, effect = is_effect["connection_id"], Effect(is_effect["effect"])
    of_brake = and_(*_of(RELEASES, is_effect))
    recent = and_(of_brake, _counts(now))
    released = select(func.coalesce(func.sum(RELEASES.c.amount), 0)).where(recent)
    holds = [is_held(connection_id, effect)]
    if except_for:
        holds.append(IDENTITIES.c.id.not_in(except_for))
    statement = select(
        CONNECTIONS.c.brake,
        released.scalar_subquery(),
        select(IDENTITIES.c.id).where(*holds).exists(),
        select(RELEASES.c.identity).where(of_brake, RELEASES.c.at > now).exists(),
    ).where(CONNECTIONS.c.id == connection_id)
    text, amount, holds_any, was_ahead = (await db.execute(statement)).one()
    if was_ahead and is_locked:
        await db.execute(update(RELEASES).where(of_brake, RELEASES.c.at > now).values(at=now))
    limit = limit_in(text)
    if limit is None:
        return None
    needed = limit.people_for(amount + wanted) if amount + wanted > limit.number else 0
    people = await _count_people(db, connection_id, recent, needed) if needed else 0
    return BrakeState(limit, tripped, int(amount), people, holds_any)


async def _count_people(
    db: AsyncConnection, connection_id: str, recent: ColumnElement[bool], most: int
) -> int:
    """Count the people who were active before the losses of the last hour, up to a number."""
    left = select(RELEASES.c.identity).where(recent)
    was_active = or_(
        IDENTITIES.c.active, IDENTITIES.c.leaving.is_not(None), IDENTITIES.c.id.in_(left)
    )
    some = select(literal(1)).where(IDENTITIES.c.connection_id == connection_id, was_active)
    counted = select(func.count()).select_from(some.limit(most).subquery())
    return (await db.execute(counted)).scalar_one()


async def _note(
    db: AsyncConnection, is_effect: Mapping[str, str], passing: Sequence[Loss], now: int
) -> None:
    """Insert the passing losses as releases, each once, and delete releases that count no more."""
    await db.execute(delete(RELEASES).where(*_of(RELEASES, is_effect), not_(_counts(now))))
    effect = Effect(is_effect["effect"])
    rows = [
        {
            **is_effect,
            "identity": it.identity,
            "version": it.version,
            "at": now,
            "amount": it.amounts[effect],
        }
        for it in passing
    ]
    if rows:
        noted = insert_for(db.dialect.name, RELEASES).on_conflict_do_nothing()
        await db.execute(noted, rows)


def _of(table: FromClause, is_effect: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in is_effect.items()]


def _counts(now: int) -> ColumnElement[bool]:
    """Return the condition of releases that count.

    Releases from a clock that was ahead count as well. ``_state_of`` moves them to the present
    time, so that a clock that is set back resets no brake, and one that was ahead blocks none.
    """
    at: ColumnElement[int] = RELEASES.c.at
    return at > now - WINDOW
