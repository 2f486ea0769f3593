"""How is a batch of events applied? One transaction: lock, load, plan each event, write it all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope, decode
from worker.actions import Outcome, Plan
from worker.database import DownstreamDatabase
from worker.facts import IdentityKey
from worker.statements import replans
from worker.statements.flushing import Flush
from worker.statements.loading import (
    has_to_be_alone,
    key_of_event,
    load_facts,
    lock_due_records,
    lock_records,
    lock_workspaces,
)
from worker.world import World

Newest = Mapping[IdentityKey, IdentityChangedEnvelope]


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one event. One that a newer event of the same batch replaces is stale."""

    envelope: IdentityChangedEnvelope
    plan: Plan


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch, and how many refused identities became due for planning again."""

    applied: tuple[Applied, ...]
    freed: int = 0


async def apply_batch(
    database: DownstreamDatabase, envelopes: Sequence[IdentityChangedEnvelope], now: int
) -> Batch:
    """Apply events in one transaction, each identity's newest only; results in the same order."""
    newest = _newest(envelopes)
    async with database.write() as db:
        world = World()
        await lock_workspaces(db, _alone(newest))
        refused = await lock_records(db, world, [it.data for it in newest.values()])
        plans, freed = await _plan_and_write(db, world, newest, refused, now)
    return Batch(tuple(_result(it, newest, plans) for it in envelopes), freed)


async def apply_replans(
    database: DownstreamDatabase, now: int, most: int = 100, *, only: IdentityKey | None = None
) -> Batch:
    """Plan due refused identities again, in one transaction; nobody waits for a busy one.

    :param only: leave out every other identity, so that one that fails cannot hold up the rest.
    """
    due = await find_due(database, now, most)
    newest = {k: decode(event.encode()) for k, event in due.items() if only in (None, k)}
    if not newest:
        return Batch(())
    async with database.write() as db:
        world = World()
        await lock_workspaces(db, _alone(newest))
        refused = await lock_due_records(db, world, newest)
        still = {k: newest[k] for k in refused if _is_newest(world, newest[k])}
        plans, freed = await _plan_and_write(db, world, still, refused, now, again=True)
    return Batch(tuple(Applied(still[key], plan) for key, plan in plans.items()), freed)
