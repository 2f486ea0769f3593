"""How is a batch of events applied? One transaction: lock, load, plan each event, write it all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope, decode
from contracts.pace import Pace
from contracts.topology import Lane
from worker.dialects import DownstreamDatabase, wait_for_locks
from worker.locked_out import PATIENCE
from worker.planning.actions import Plan, outdated
from worker.planning.facts import IdentityKey
from worker.planning.working_set import World
from worker.platforms.sql.load import (
    has_to_be_alone,
    key_of_event,
    load_facts,
    lock_due_records,
    lock_records,
    lock_workspaces,
    make_workspaces,
)
from worker.platforms.sql.save import Flush
from worker.sync.replans import mark_freed, mark_refused

Newest = Mapping[IdentityKey, IdentityChangedEnvelope]
Plans = dict[IdentityKey, Plan]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one event. One that another of the same batch makes needless is dropped."""

    envelope: IdentityChangedEnvelope
    plan: Plan


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch, and how many refused identities became due for planning again."""

    applied: tuple[Applied, ...]
    freed: int = 0


async def apply_batch(
    database: DownstreamDatabase,
    envelopes: Sequence[IdentityChangedEnvelope],
    now: int,
    patience: float = PATIENCE[Lane.BULK],
) -> Batch:
    """Apply events in one transaction, each identity's newest only; results in the same order.

    :param patience: seconds to wait for each lock.
    """
    newest = _newest(envelopes)
    async with database.write() as db:
        await wait_for_locks(db, patience)
        world = World()
        await make_workspaces(db, {it.data.workspace for it in newest.values()})
        await _lock_alone(db, newest)
        refused = await lock_records(db, world, [it.data for it in newest.values()])
        fresh = {key: it for key, it in newest.items() if _is_news(world, it)}
        await load_facts(db, world, [it.data for it in fresh.values()])
        plans: Plans = {}
        pace = Pace()
        for key, it in _in_order(fresh):
            plans[key] = world.apply(it.data)
            await pace.breathe()
        await mark_refused(db, refused - fresh.keys(), now)
        freed = await _write(db, world, fresh, refused & fresh.keys(), now)
    return Batch(tuple(_result(it, newest, plans, world) for it in envelopes), freed)


async def apply_replans(
    database: DownstreamDatabase,
    due: Mapping[IdentityKey, str],
    now: int,
    patience: float = PATIENCE[Lane.BULK],
) -> Batch:
    """Plan refused identities again from their stored events, in one transaction.

    Left out is who is locked by another worker, and who has had a newer event since.
    """
    stored = {key: decode(event.encode()) for key, event in due.items()}
    async with database.write() as db:
        await wait_for_locks(db, patience)
        world = World()
        await _lock_alone(db, stored)
        refused = await lock_due_records(db, world, stored)
        same = {key: it for key, it in stored.items() if _is_same(world, refused, it)}
        await load_facts(db, world, [it.data for it in same.values()])
        plans = {key: world.replan(it.data) for key, it in _in_order(same)}
        freed = await _write(db, world, same, same.keys(), now)
    return Batch(tuple(Applied(same[key], planned) for key, planned in plans.items()), freed)


def _newest(envelopes: Sequence[IdentityChangedEnvelope]) -> Newest:
    newest: dict[IdentityKey, IdentityChangedEnvelope] = {}
    for envelope in envelopes:
        key = key_of_event(envelope.data)
        known = newest.get(key)
        if known is None or known.data.version < envelope.data.version:
            newest[key] = envelope
    return newest


def _in_order(newest: Newest) -> list[tuple[IdentityKey, IdentityChangedEnvelope]]:
    """Return the events as they happened, so that who let go of something comes first."""
    return sorted(newest.items(), key=lambda item: (item[1].data.version, item[0]))


async def _lock_alone(db: AsyncConnection, newest: Newest) -> None:
    events = (it.data for it in newest.values())
    await lock_workspaces(db, {event.workspace for event in events if has_to_be_alone(event)})


def _is_news(world: World, envelope: IdentityChangedEnvelope) -> bool:
    event = envelope.data
    return outdated(event.version, world.records[key_of_event(event)].applied_version) is None


def _is_same(
    world: World, refused: Collection[IdentityKey], envelope: IdentityChangedEnvelope
) -> bool:
    key = key_of_event(envelope.data)
    return key in refused and world.records[key].applied_version == envelope.data.version


async def _write(
    db: AsyncConnection,
    world: World,
    envelopes: Newest,
    refused_before: Collection[IdentityKey],
    now: int,
) -> int:
    await Flush(db, world, envelopes, now).write(refused_before)
    return await mark_freed(db, world.changes.freed, now)


def _result(
    envelope: IdentityChangedEnvelope, newest: Newest, plans: Plans, world: World
) -> Applied:
    key = key_of_event(envelope.data)
    if newest[key] is envelope and key in plans:
        return Applied(envelope, plans[key])
    record = world.records[key]
    outcome = outdated(envelope.data.version, record.applied_version)
    assert outcome is not None, "the newest event of each identity was planned"
    return Applied(envelope, Plan(outcome, record))
