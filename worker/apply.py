"""How is a batch of events applied? A transaction locks, loads, plans each event, and saves.

Locks are taken in one order everywhere, so that workers wait for each other but never in a cycle:
workspaces, sync records, accounts, devices, and each kind by key. Workspaces, accounts and devices
are the platform's, sync records are Muster's own. A workspace is locked where its Admins or
policies decide. Where only a loaded account shows that, its workspace is locked late, but without
a wait; if it is not free, the transaction begins anew, with the workspaces. Accounts that have to
yield their addresses are known late and locked after the other accounts, and a sync record that
another worker has made at the same moment is locked after the other records. Two workers that need
such rows crosswise are a deadlock: PostgreSQL rolls one of them back, and that one tries again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged, IdentityChangedEnvelope, decode
from contracts.time_slice import TimeSlice
from contracts.topology import Lane
from worker.batch_watch import BatchWatch
from worker.dialects import DownstreamDatabase
from worker.known_names import KnownNames
from worker.load_facts import load_facts
from worker.locked_out import LOCK_TIMEOUTS
from worker.plan_batch import plan_each
from worker.planning.actions import Plan, outdated
from worker.planning.facts import IdentityKey, key_of_event
from worker.planning.plan import replan
from worker.planning.working_set import WorkingSet
from worker.platforms.port import AdminsBusy, PlatformEffects
from worker.platforms.sql.platform import SqlPlatform
from worker.sync.store import SyncStore

Newest = Mapping[IdentityKey, IdentityChangedEnvelope]
Plans = dict[IdentityKey, Plan]


@dataclass(frozen=True, slots=True)
class Applied:
    """An event with its plan. An event that a newer one of the batch overtakes is dropped."""

    envelope: IdentityChangedEnvelope
    plan: Plan


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a batch. ``freed`` counts the refused identities that became due by it."""

    applied: tuple[Applied, ...]
    freed: int = 0


async def apply_batch(
    database: DownstreamDatabase,
    envelopes: Sequence[IdentityChangedEnvelope],
    now: int,
    lock_timeout: float = LOCK_TIMEOUTS[Lane.BULK],
    watch: BatchWatch | None = None,
) -> Batch:
    """Apply the newest event of each identity in one transaction; results in the order of events.

    :param now: microseconds since the epoch.
    :param lock_timeout: seconds to wait for each lock.
    :param watch: notes when each step begins and ends, if a trace is sampled.
    """
    try:
        return await _apply(database, envelopes, now, lock_timeout, watch)
    except AdminsBusy:
        return await _apply(database, envelopes, now, lock_timeout, watch, cautious=True)


async def _apply(
    database: DownstreamDatabase,
    envelopes: Sequence[IdentityChangedEnvelope],
    now: int,
    lock_timeout: float,
    watch: BatchWatch | None,
    *,
    cautious: bool = False,
) -> Batch:
    """Apply a batch.

    :param cautious: whether each workspace is locked first whose Admins may decide.
    """
    if watch is not None:
        watch.begin()
    newest = _newest(envelopes)
    async with database.write(lock_timeout) as db:
        working_set, sync = WorkingSet(), SyncStore(db)
        platform = SqlPlatform(db, database.workspaces, cautious)
        await platform.make_workspaces(_events(newest))
        await platform.lock_workspaces(_events(newest))
        refused = await sync.lock_records(working_set, _events(newest))
        fresh = {key: it for key, it in newest.items() if _is_fresh(working_set, key, it)}
        await load_facts(working_set, sync, platform, _events(fresh))
        plans = await _plan_each(working_set, fresh, watch)
        await sync.mark_refused(refused - fresh.keys(), now)
        await _save(working_set, sync, platform, fresh, refused & fresh.keys(), now)
        freed = await sync.mark_freed(working_set.changes.freed, now)
    return Batch(tuple(_result(it, newest, plans, working_set) for it in envelopes), freed)


async def apply_replans(
    database: DownstreamDatabase,
    due: Mapping[IdentityKey, str],
    now: int,
    lock_timeout: float = LOCK_TIMEOUTS[Lane.BULK],
) -> Batch:
    """Plan refused identities again from their stored events, in one transaction.

    Identities that another worker has locked, or that have had a newer event since, are left out.

    :param due: the stored event of each identity, in JSON.
    :param now: microseconds since the epoch.
    :param lock_timeout: seconds to wait for each lock.
    """
    stored = {key: decode(event.encode()) for key, event in due.items()}
    async with database.write(lock_timeout) as db:
        return await replan_within(db, database.workspaces, stored, now)


async def replan_within(db: AsyncConnection, known: KnownNames, stored: Newest, now: int) -> Batch:
    """Plan refused identities again within an open transaction, as ``apply_replans`` does.

    :param known: workspaces that were committed.
    """
    working_set, sync = WorkingSet(), SyncStore(db)
    platform = SqlPlatform(db, known, cautious=True)
    await platform.lock_workspaces(_events(stored))
    refused = await sync.lock_due_records(working_set, stored)
    valid = {key: it for key, it in stored.items() if _is_unchanged(working_set, refused, it)}
    await load_facts(working_set, sync, platform, _events(valid))
    replanned = plan_each(working_set, _events(valid), replan)
    plans = {key_of_event(event): planned for event, planned in replanned}
    await _save(working_set, sync, platform, valid, valid.keys(), now)
    freed = await sync.mark_freed(working_set.changes.freed, now)
    return Batch(tuple(Applied(valid[key], planned) for key, planned in plans.items()), freed)


def _newest(envelopes: Sequence[IdentityChangedEnvelope]) -> Newest:
    newest: dict[IdentityKey, IdentityChangedEnvelope] = {}
    for envelope in envelopes:
        key = key_of_event(envelope.data)
        known = newest.get(key)
        if known is None or known.data.version < envelope.data.version:
            newest[key] = envelope
    return newest


def _events(newest: Newest) -> list[IdentityChanged]:
    return [envelope.data for envelope in newest.values()]


def _is_fresh(working_set: WorkingSet, key: IdentityKey, envelope: IdentityChangedEnvelope) -> bool:
    """Return whether an event is newer than the applied version of its identity."""
    return envelope.data.version > working_set.records[key].applied_version


def _is_unchanged(
    working_set: WorkingSet, refused: Collection[IdentityKey], envelope: IdentityChangedEnvelope
) -> bool:
    """Return whether an identity is still refused and has had no newer event."""
    key = key_of_event(envelope.data)
    return key in refused and working_set.records[key].applied_version == envelope.data.version


async def _plan_each(working_set: WorkingSet, newest: Newest, watch: BatchWatch | None) -> Plans:
    """Plan events that arrived; other tasks run meanwhile."""
    plans: Plans = {}
    time_slice = TimeSlice()
    if watch is not None:
        watch.begin_plan()
    for event, planned in plan_each(working_set, _events(newest)):
        plans[key_of_event(event)] = planned
        if watch is not None:
            watch.end_plan(key_of_event(event))
        await time_slice.pause_if_over()
    if watch is not None:
        watch.begin_saving()
    return plans


async def _save(
    working_set: WorkingSet,
    sync: SyncStore,
    platform: PlatformEffects,
    envelopes: Newest,
    refused_before: Collection[IdentityKey],
    now: int,
) -> None:
    await sync.release_accounts(working_set, now)
    await platform.save(working_set, now)
    await sync.save(working_set, envelopes, refused_before, now)


def _result(
    envelope: IdentityChangedEnvelope, newest: Newest, plans: Plans, working_set: WorkingSet
) -> Applied:
    key = key_of_event(envelope.data)
    if newest[key] is envelope and key in plans:
        return Applied(envelope, plans[key])
    record = working_set.records[key]
    outcome = outdated(envelope.data.version, record.applied_version)
    assert outcome is not None, "the newest event of each identity was planned"
    return Applied(envelope, Plan(outcome, record))
