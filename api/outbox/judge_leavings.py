"""Which leavings are published, and which are held? A relay judges them before it renders events.

The brake of a connection counts the leavings that it has released within the last hour. Its row is
locked for each judgement, so that any number of relays releases exactly as many as the limit
allows; a judgement is committed before its events are rendered, so that no version ever tells two
states.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import structlog
from sqlalchemy import ColumnElement, and_, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.brake_limits import Effect
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_changes import IdentityState, forgotten
from api.directory.identity_rows import columns_of, leaving_columns
from api.directory.leavings import Leaving
from api.outbox.brake_rows import Loss, judge_losses
from api.outbox.lease_statement import IDENTITIES
from api.outbox.leasing import Leased, Mark
from api.outbox.settling import postpone
from contracts.downstream.devices import Devices
from contracts.rules import RemoveUserAndDevices
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

AGAIN = 5_000_000
"""Microseconds until the devices of leavers are counted again."""

COUNTING_SECONDS = 5.0
"""How long a count of devices may take, much longer than it does."""

States = Mapping[str, IdentityState]
"""The states of identities after their judgement, by their ids."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The states of leavers after their judgement: released, held, or active again as before."""

    released: States
    held: States
    forgotten: States

    @property
    def states(self) -> States:
        """Return the states of all of them."""
        return {**self.released, **self.held, **self.forgotten}


async def judge_leavings(
    database: DirectoryDatabase, leased: Leased, now: int, devices: Devices | None = None
) -> Leased:
    """Let the brakes judge the leavings of leased marks, and store the decisions.

    The marks are returned with the states that events tell.

    A leaver that has a newer version by now is left out: that version has its own mark. So is one
    whose devices would be removed, and cannot be counted: the mark comes back a little later.

    :param devices: counts the devices that leavers have; None counts none.
    """
    of_connections = sorted(leased.leavings, key=lambda it: it.connection_id)
    decided: dict[tuple[str, str], IdentityState] = {}
    for connection_id, of_connection in groupby(of_connections, lambda it: it.connection_id):
        marks = list(of_connection)
        removed = await _devices_of(devices, connection_id, marks)
        async with database.write() as db:
            if removed is None:
                await postpone(db, {it: now + AGAIN for it in marks if _removes_devices(it)})
            known = [it for it in marks if removed is not None or not _removes_devices(it)]
            states = await _judge(db, connection_id, known, removed or {}, now)
        decided |= {(connection_id, id_): state for id_, state in states.items()}
    told = [
        (_as_decided(mark, decided), context)
        for mark, context in leased.marks
        if not mark.is_unjudged or mark.name in decided
    ]
    return replace(leased, marks=told)


def _as_decided(mark: Mark, decided: Mapping[tuple[str, str], IdentityState]) -> Mark:
    return replace(mark, state=decided[mark.name].released) if mark.is_unjudged else mark


async def _devices_of(
    devices: Devices | None, connection_id: str, marks: Sequence[Mark]
) -> Mapping[str, int] | None:
    """Return how many devices would be removed with each leaver; None if they cannot be counted.

    No error stops the leavers of others. Without the database of downstream, none would arrive.
    """
    removing = [it.identity_id for it in marks if _removes_devices(it)]
    if devices is None or not removing:
        return {}
    try:
        async with asyncio.timeout(COUNTING_SECONDS):
            held = await devices.held_by(connection_id, removing)
    except Exception as error:  # noqa: BLE001 - downstream is another side, and may be away
        LOG.warning("devices_unknown", connection=connection_id, error=told_of(error))
        return None
    return {id_: len(of_person) for id_, of_person in held.items()}


def _removes_devices(mark: Mark) -> bool:
    return mark.leaving is not None and isinstance(mark.leaving.deactivation, RemoveUserAndDevices)


async def _judge(
    db: AsyncConnection,
    connection_id: str,
    marks: Sequence[Mark],
    removed: Mapping[str, int],
    now: int,
) -> States:
    """Judge the leavings of one connection, the longest accepted first, and store the outcome.

    :param removed: how many devices would be removed with a leaver.
    """
    published = await _lock_unjudged(db, connection_id, marks)
    states = {it.identity_id: it.leaving for it in marks if it.identity_id in published}
    waiting = {id_: state for id_, state in states.items() if state is not None}
    losses = [
        Loss(id_, it.deactivated_at, {Effect.DEACTIVATION: 1, Effect.DEVICE: removed.get(id_, 0)})
        for id_, it in waiting.items()
        if published[id_] < it.deactivated_at
    ]
    held = await judge_losses(db, connection_id, losses, now) if losses else {}
    outcome = decided(waiting, held, published)
    await _store(db, connection_id, outcome, now)
    for effect, identities in Counter(held[id_] for id_ in outcome.held).items():
        LOG.warning("losses_held", connection=connection_id, effect=effect, identities=identities)
    return outcome.states


def decided(waiting: States, held: Mapping[str, Effect], published: Mapping[str, int]) -> Judged:
    """Return the states of leavers, given the brakes that hold some of them.

    A person who is active again, and whose leaving does not pass, cannot be held: that leaving is
    forgotten. Pure.

    :param published: the versions that were published last, 0 without any.
    """
    others = {id_: state for id_, state in waiting.items() if id_ in held}
    return Judged(
        {
            id_: replace(it, leaving=None, earlier=None)
            for id_, it in waiting.items()
            if id_ not in held
        },
        {
            id_: _held(it, held[id_], was_told=published[id_] > 0)
            for id_, it in others.items()
            if not it.active
        },
        {id_: forgotten(it) for id_, it in others.items() if it.active},
    )


def _held(state: IdentityState, effect: Effect, *, was_told: bool) -> IdentityState:
    earlier = state.earlier
    if earlier is not None:
        named = None if effect is Effect.DEACTIVATION else effect
        earlier = replace(earlier, effect=named, was_told=was_told)
    return replace(state, leaving=Leaving.HELD, earlier=earlier)


# --- what is known ----------------------------------------------------------------------------


async def _lock_unjudged(
    db: AsyncConnection, connection_id: str, marks: Sequence[Mark]
) -> Mapping[str, int]:
    """Lock leavers that have the leased version still; return the versions published last.

    A version is 0 where none was published. A version of Muster before this one may have published
    a leaving without a judgement.
    """
    leased = {it.identity_id: it.state.version for it in marks}
    statement = (
        select(IDENTITIES.c.id, IDENTITIES.c.version, IDENTITIES.c.published_version)
        .where(
            IDENTITIES.c.connection_id == connection_id,
            IDENTITIES.c.id.in_(leased),
            IDENTITIES.c.leaving == Leaving.UNJUDGED,
        )
        .order_by(IDENTITIES.c.id)
        .with_for_update()
    )
    rows = (await db.execute(statement)).all()
    return {id_: published for id_, version, published in rows if version == leased[id_]}


# --- what is stored ---------------------------------------------------------------------------


async def _store(db: AsyncConnection, connection_id: str, judgement: Judged, now: int) -> None:
    released = {"leaving": null(), "earlier_leaving": null(), "held_since": null()}
    held = {"leaving": Leaving.HELD, "held_since": now}
    for states, values in ((judgement.released, released), (judgement.held, held)):
        if states:
            of_these = _are(connection_id, states)
            await db.execute(update(IDENTITIES).where(of_these).values(values))
    for id_, state in judgement.held.items():
        if (earlier := state.earlier) and (earlier.effect is not None or not earlier.was_told):
            this = update(IDENTITIES).where(_are(connection_id, [id_]))
            await db.execute(this.values(earlier_leaving=earlier.document))
    for id_, state in judgement.forgotten.items():
        columns = columns_of(state, now)
        kept = {name: columns[name] for name in ("deactivated_at", "deactivation")}
        this = update(IDENTITIES).where(_are(connection_id, [id_]))
        await db.execute(this.values(kept | leaving_columns(state)))


def _are(connection_id: str, ids: Collection[str]) -> ColumnElement[bool]:
    return and_(IDENTITIES.c.connection_id == connection_id, IDENTITIES.c.id.in_(ids))
