"""Which rows of sync does a batch need? Statements lock sync records and load related rows.

The holder of an account changes only under the lock on the account, so that the holder's record is
read without a lock of its own. A preview reads the records of events without locks, too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.dialects import is_among
from worker.hot_statements import run_kept
from worker.planning.actions import DeviceActionKind, RefusedAction
from worker.planning.changes import LedgerEntry
from worker.planning.facts import IdentityKey, SyncRecord, key_of_event
from worker.planning.working_set import WorkingSet
from worker.put_rows import put_rows
from worker.sync.lock_at_once import make_and_lock
from worker.sync.mapping import (
    LEDGER,
    RECORD_COLUMNS,
    RECORDS,
    REFUSALS,
    by_connection,
    is_refused,
    key_of,
    of_connections,
    of_identities,
    parameters_of,
    record_of,
)


async def lock_records(
    db: AsyncConnection, working_set: WorkingSet, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Lock and load the records of events, made where missing; return identities with refusals."""
    if not events:
        return frozenset()
    in_order = sorted(events, key=key_of_event)
    if db.dialect.name != "postgresql":
        return await _load(db, working_set, await make_then_lock(db, in_order))
    rows = await make_and_lock(db, in_order)
    refused = await _load(db, working_set, rows)
    if len(rows) == len(events):
        return refused
    missed = [it for it in in_order if key_of_event(it) not in working_set.records]
    return refused | await _load(db, working_set, await make_then_lock(db, missed))


async def make_then_lock(
    db: AsyncConnection, events: Sequence[IdentityChanged]
) -> Sequence[Sequence[Any]]:
    """Make the missing sync records of events in one statement, and lock all in another.

    :param events: in the order of their keys.
    """
    made = {"applied_version": 0, "deactivated_at": 0, "deleted": False, "correlation_id": ""}
    names = ("identity", "connection", "workspace", "portal", *made)
    rows = [
        (it.identity, it.connection, it.workspace, it.portal.value, *made.values()) for it in events
    ]
    await put_rows(db, RECORDS, rows, names=names)
    return await _lock(db, map(key_of_event, events), skip_locked=False)


async def lock_due_records(
    db: AsyncConnection, working_set: WorkingSet, keys: Iterable[IdentityKey]
) -> frozenset[IdentityKey]:
    """Lock and load the records that are not locked; return identities with refusals."""
    return await _load(db, working_set, await _lock(db, keys, skip_locked=True))


async def lock_known_records(
    db: AsyncConnection, working_set: WorkingSet, keys: Iterable[IdentityKey]
) -> frozenset[IdentityKey]:
    """Lock and load the records that exist for these keys; return identities with refusals."""
    return await _load(db, working_set, await _lock(db, keys, skip_locked=False))


async def read_records(
    db: AsyncConnection, working_set: WorkingSet, keys: Collection[IdentityKey]
) -> frozenset[IdentityKey]:
    """Load records without locks, new ones where missing; return identities with refusals."""
    grouped = by_connection(keys)
    rows = await run_kept(db, _reading_statement(len(grouped)), parameters_of(grouped))
    refused = await _load(db, working_set, rows)
    for key in keys:
        if key not in working_set.records:
            working_set.load_record(SyncRecord(key))
    return refused


async def load_holders(db: AsyncConnection, working_set: WorkingSet) -> None:
    """Load the records of other identities that hold the accounts found by e-mail."""
    if unknown := sorted(working_set.accounts_without_known_holder()):
        statement = select(*RECORD_COLUMNS).where(is_among(RECORDS.c.account_id, unknown))
        for row in await db.execute(statement):
            working_set.load_record(record_of(row))


async def load_ledger(
    db: AsyncConnection, working_set: WorkingSet, events: Sequence[IdentityChanged]
) -> None:
    """Load the device actions that the deactivations of these events have taken."""
    leavers = working_set.leavers_with_devices(events)
    if not leavers:
        return
    statement = select(LEDGER).where(of_identities(LEDGER, map(key_of_event, leavers)))
    for row in (await db.execute(statement)).mappings():
        kind = DeviceActionKind(row["action"])
        working_set.load_ledger(
            LedgerEntry(key_of(row), row["deactivated_at"], row["device_id"], kind)
        )


async def _lock(
    db: AsyncConnection, keys: Iterable[IdentityKey], *, skip_locked: bool
) -> Sequence[Sequence[Any]]:
    grouped = by_connection(keys)
    statement = _locking_statement(len(grouped), skip_locked)
    return await run_kept(db, statement, parameters_of(grouped))


@cache
def _locking_statement(connections: int, skip_locked: bool) -> Select[Any]:  # noqa: FBT001
    return _reading_statement(connections).with_for_update(skip_locked=skip_locked)


@cache
def _reading_statement(connections: int) -> Select[Any]:
    return (
        select(*RECORD_COLUMNS)
        .where(of_connections(RECORDS, connections))
        .order_by(RECORDS.c.connection, RECORDS.c.identity)
    )


async def _load(
    db: AsyncConnection, working_set: WorkingSet, rows: Iterable[Sequence[Any]]
) -> frozenset[IdentityKey]:
    """Load the sync records of rows; return identities with refusals."""
    refused = set[IdentityKey]()
    for row in rows:
        working_set.load_record(record := record_of(row))
        if is_refused(row):
            refused.add(record.key)
    for key in await _find_refused_emails(db, refused):
        working_set.load_record(replace(working_set.records[key], email_refused=True))
    return frozenset(refused)


async def _find_refused_emails(
    db: AsyncConnection, refused: Collection[IdentityKey]
) -> frozenset[IdentityKey]:
    """Return the refused identities with a refused change of e-mail, read under their locks."""
    if not refused:
        return frozenset()
    statement = select(REFUSALS.c.connection, REFUSALS.c.identity).where(
        of_identities(REFUSALS, refused), REFUSALS.c.action == RefusedAction.CHANGE_EMAIL.value
    )
    return frozenset(map(key_of, (await db.execute(statement)).mappings()))
