"""Which losses are held, and how do they end? They are released or waived, page by page.

A loss is that of a person who leaves, or of the Admin role. Every function runs inside the caller's
transaction. A held loss is never released by itself.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy import ColumnElement, and_, func, literal_column, null, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.brake_limits import Effect
from api.directory.leavings import KEPT_BACK, Leaving
from api.outbox.lease_statement import IDENTITIES
from api.outbox.marks import marked_again
from contracts.identity_changed import Trace
from contracts.topology import Lane

HELD = frozenset({Leaving.HELD})

PAGE = 1_000
"""Losses that one statement lists or ends."""

Place = tuple[int, str]
"""The place of a loss among those of its effect: when the hold began, and the identity's id."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an identity that keep the losses of an effect back.

    ``hold`` and ``since`` say how a loss stands, and ``kept`` what is told instead.
    """

    hold: ColumnElement[Any]
    since: ColumnElement[Any]
    kept: ColumnElement[Any]
    lane: Lane


OF_LEAVINGS = Columns(
    IDENTITIES.c.leaving, IDENTITIES.c.held_since, IDENTITIES.c.earlier_leaving, Lane.URGENT
)
COLUMNS = {
    Effect.DEACTIVATION: OF_LEAVINGS,
    Effect.DEVICE: OF_LEAVINGS,
    Effect.ADMIN_ROLE: Columns(
        IDENTITIES.c.admin_hold, IDENTITIES.c.admin_held_since, IDENTITIES.c.admin_line, Lane.BULK
    ),
}
"""The columns of each effect, and the lane in which an approved loss is published."""


@dataclass(frozen=True, slots=True)
class HeldLoss:
    """A person whose loss is held; ``since`` is in microseconds since the epoch."""

    identity: str
    effect: Effect
    since: int

    @property
    def place(self) -> Place:
        """Return the place among the losses of this effect."""
        return self.since, self.identity


async def held_losses(
    db: AsyncConnection,
    connection_id: str,
    effect: Effect,
    *,
    after: Place | None = None,
    until: int | None = None,
    most: int = PAGE,
) -> Sequence[HeldLoss]:
    """Return losses that are held, the longest held first, and lock none.

    :param after: the place of the last one that is known.
    :param until: the time after which none is returned, in microseconds.
    """
    since, id_ = COLUMNS[effect].since, IDENTITIES.c.id
    which = is_held(connection_id, effect)
    statement = select(id_, since).where(which).order_by(since, id_).limit(most)
    if after is not None:
        statement = statement.where(tuple_(since, id_) > after)
    if until is not None:
        statement = statement.where(since <= until)
    return [HeldLoss(identity, effect, at) for identity, at in await db.execute(statement)]


async def held_until(db: AsyncConnection, connection_id: str, effect: Effect) -> int | None:
    """Return when the newest of the holds began; None where no loss is held."""
    newest = select(func.max(COLUMNS[effect].since)).where(is_held(connection_id, effect))
    found: int | None = await db.scalar(newest)
    return found


async def kept_among(
    db: AsyncConnection,
    connection_id: str,
    effect: Effect,
    ids: Collection[str],
    *,
    waived: bool,
    until: int | None = None,
) -> frozenset[str]:
    """Return those of the ids whose loss is held.

    :param waived: whether a loss that was waived is as good as a held one.
    :param until: the time after which a hold does not count, in microseconds.
    """
    kept = KEPT_BACK if waived else HELD
    statement = select(IDENTITIES.c.id).where(_are(connection_id, effect, ids, kept))
    if until is not None:
        statement = statement.where(COLUMNS[effect].since <= until)
    return frozenset(await db.scalars(statement))


async def release(
    db: AsyncConnection,
    connection_id: str,
    effect: Effect,
    ids: Collection[str],
    trace: Trace,
    now: int,
) -> frozenset[str]:
    """Release losses that are held or were waived; return the ids of their identities.

    They are published with a version of their own: the one before has told that nothing is lost.
    """
    of = COLUMNS[effect]
    values = {str(it.key): null() for it in (of.hold, of.since, of.kept)}
    mark = marked_again(of.lane, trace, now)
    return await _end(db, _are(connection_id, effect, ids, KEPT_BACK), values | mark)


async def waive(
    db: AsyncConnection, connection_id: str, effect: Effect, ids: Collection[str]
) -> frozenset[str]:
    """Waive losses that are held; return the ids of their identities. Events tell the same.

    The beginning of each hold stays known.
    """
    values = {str(COLUMNS[effect].hold.key): Leaving.WAIVED}
    return await _end(db, _are(connection_id, effect, ids, HELD), values)


async def _end(
    db: AsyncConnection, which: ColumnElement[bool], values: Mapping[str, Any]
) -> frozenset[str]:
    """End losses, whose rows are locked in the order of their ids, as requests do."""
    in_order = select(IDENTITIES.c.id).where(which).order_by(IDENTITIES.c.id).with_for_update()
    locked = (await db.scalars(in_order)).all()
    if locked:
        await db.execute(update(IDENTITIES).where(which).values(values))
    return frozenset(locked)


def is_held(connection_id: str, effect: Effect) -> ColumnElement[bool]:
    """Return the condition that a loss of a connection is held.

    A literal stands in place of a parameter: the index has only held losses.
    """
    held: ColumnElement[int] = literal_column(str(int(Leaving.HELD)))
    of_connection = IDENTITIES.c.connection_id == connection_id
    return and_(COLUMNS[effect].hold == held, of_connection, *_brakes(effect))


def _brakes(effect: Effect) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that tell leavings of this brake from those of the others."""
    named = IDENTITIES.c.earlier_leaving["effect"].as_string()
    match effect:
        case Effect.DEACTIVATION:
            return [named.is_(None)]
        case Effect.DEVICE:
            return [named == effect]
        case Effect.ADMIN_ROLE:
            return []
        case never:
            assert_never(never)


def _are(
    connection_id: str, effect: Effect, ids: Collection[str], kept: Collection[Leaving]
) -> ColumnElement[bool]:
    of_connection = IDENTITIES.c.connection_id == connection_id
    is_kept = COLUMNS[effect].hold.in_(kept)
    return and_(of_connection, IDENTITIES.c.id.in_(ids), is_kept, *_brakes(effect))
