"""Which rows of sync does a batch need? Statements lock sync records and load related rows.

The holder of an account changes only under the lock on the account, so that the holder's record is
read without a lock of its own.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from worker.dialects import is_among, put_rows
from worker.planning.actions import DeviceActionKind, RefusedAction
from worker.planning.changes import LedgerEntry
from worker.planning.facts import IdentityKey, key_of_event
from worker.planning.working_set import WorkingSet
from worker.sync.mapping import LEDGER, RECORDS, REFUSALS, key_of, of_identities, record_of


async def lock_records(
    db: AsyncConnection, working_set: WorkingSet, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Lock and load the sync records of events, made where missing; return the refused keys."""
    rows = [
        {
            "connection": event.connection,
            "identity": event.identity,
            "workspace": event.workspace,
            "portal": event.portal.value,
        }
        for event in sorted(events, key=key_of_event)
    ]
    await put_rows(db, RECORDS, rows)
    return await _load_records(db, working_set, map(key_of_event, events), skip_locked=False)


async def lock_due_records(
    db: AsyncConnection, working_set: WorkingSet, keys: Iterable[IdentityKey]
) -> frozenset[IdentityKey]:
    """Lock and load sync records, except those that are locked; return the refused keys."""
    return await _load_records(db, working_set, keys, skip_locked=True)


async def load_holders(db: AsyncConnection, working_set: WorkingSet) -> None:
    """Load the records of other identities that hold the accounts found by e-mail."""
    held = {record.account_id for record in working_set.records.values()}
    unknown = sorted(working_set.accounts.keys() - held)
    if unknown:
        statement = select(RECORDS).where(is_among(RECORDS.c.account_id, unknown))
        for row in (await db.execute(statement)).mappings():
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


async def _load_records(
    db: AsyncConnection, working_set: WorkingSet, keys: Iterable[IdentityKey], *, skip_locked: bool
) -> frozenset[IdentityKey]:
    statement = (
        select(RECORDS)
        .where(of_identities(RECORDS, keys))
        .order_by(RECORDS.c.connection, RECORDS.c.identity)
        .with_for_update(skip_locked=skip_locked)
    )
    rows = (await db.execute(statement)).mappings().all()
    refused = frozenset(key_of(row) for row in rows if row["event"] is not None)
    email_refused = await _find_refused_emails(db, refused)
    for row in rows:
        is_refused = key_of(row) in email_refused
        working_set.load_record(replace(record_of(row), email_refused=is_refused))
    return refused


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
