"""How is the progress of identities saved? Records, ledger and refusals are written by key."""

from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import case, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope
from worker.dialects import insert_into, put_rows
from worker.planning.facts import IdentityKey, SyncRecord, key_of_event
from worker.planning.working_set import WorkingSet
from worker.sync.mapping import FAILURES, LEDGER, RECORDS, REFUSALS, of_identities
from worker.sync.replans import SWEEP_SECONDS

Envelopes = Mapping[IdentityKey, IdentityChangedEnvelope]
"""The planned event of each identity."""

Row = dict[str, Any]


async def release_accounts(db: AsyncConnection, working_set: WorkingSet, now: int) -> None:
    """Unlink the former holders of accounts that other identities of the batch have taken over.

    An account has one holder at any time, so that former links end before new ones are written.
    """
    if former_holders := _losing_accounts(working_set):
        unlinked = update(RECORDS).where(of_identities(RECORDS, former_holders))
        await db.execute(unlinked.values(account_id=None, replan_at=now))


async def save(
    db: AsyncConnection,
    working_set: WorkingSet,
    envelopes: Envelopes,
    refused_before: Collection[IdentityKey],
    now: int,
) -> None:
    """Write the records, ledger entries and refusals of a working set after its plans."""
    changed = working_set.changes.records
    await _write_records(
        db,
        [
            _record_row(working_set, envelopes[key], now)
            for key in sorted(changed)
            if key in envelopes
        ],
    )
    await _write_ledger(db, _ledger_rows(working_set, envelopes, now))
    await _write_refusals(db, _refusal_rows(working_set, envelopes, now), refused_before)
    await _forget_failures(db, changed)


def _losing_accounts(working_set: WorkingSet) -> list[IdentityKey]:
    """Return the identities whose account another identity holds now."""
    changed = working_set.changes.records
    taken = {working_set.records[key].account_id: key for key in changed}
    return sorted(
        key
        for key, before in changed.items()
        if before.account_id is not None and taken.get(before.account_id, key) != key
    )


# --- records ------------------------------------------------------------------------------


async def _write_records(db: AsyncConnection, rows: list[Row]) -> None:
    kept = {"identity", "connection", "workspace", "portal"}  # every row exists and is locked
    await put_rows(db, RECORDS, rows, change=set(RECORDS.c.keys()) - kept)


def _record_row(working_set: WorkingSet, envelope: IdentityChangedEnvelope, now: int) -> Row:
    event = envelope.data
    key = key_of_event(event)
    record = working_set.records[key]
    return {
        "connection": key.connection,
        "identity": key.identity,
        "workspace": event.workspace,
        "portal": event.portal.value,
        "applied_version": record.applied_version,
        "applied_at": now,
        "deactivated_at": record.deactivated_at,
        "account_id": record.account_id,
        "base_role": _own_role(working_set, record),
        "deleted": record.deleted,
        "waiting_email": record.waiting_email,
        "waiting_version": record.applied_version,
        "event": envelope.model_dump_json(exclude_none=True)
        if key in working_set.refused
        else None,
        "correlation_id": envelope.correlationid,
        "replan_at": _replan_at(working_set, key, now),
    }


def _own_role(working_set: WorkingSet, record: SyncRecord) -> str | None:
    account = working_set.accounts.get(record.account_id or "")
    return None if account is None or account.own_role is None else account.own_role.value


def _replan_at(working_set: WorkingSet, key: IdentityKey, now: int) -> int | None:
    refused = working_set.refused.get(key)
    if refused is None or all(it.obstacle is None for it in refused.refusals):
        return None
    return now if key in working_set.due else now + SWEEP_SECONDS * 1_000_000


async def _forget_failures(db: AsyncConnection, keys: Collection[IdentityKey]) -> None:
    """Delete the failures of identities that have applied the failed version or a newer one."""
    applied = select(RECORDS.c.identity).where(
        RECORDS.c.connection == FAILURES.c.connection,
        RECORDS.c.identity == FAILURES.c.identity,
        RECORDS.c.applied_version >= FAILURES.c.version,
    )
    if keys:
        await db.execute(delete(FAILURES).where(of_identities(FAILURES, keys), applied.exists()))


# --- ledger -------------------------------------------------------------------------------


async def _write_ledger(db: AsyncConnection, rows: list[Row]) -> None:
    if rows:
        await db.execute(insert(LEDGER), rows)


def _ledger_rows(working_set: WorkingSet, envelopes: Envelopes, now: int) -> list[Row]:
    return [
        {
            "connection": entry.key.connection,
            "identity": entry.key.identity,
            "deactivated_at": entry.deactivated_at,
            "device_id": entry.device_id,
            "action": entry.kind.value,
            "applied_at": now,
            "correlation_id": envelopes[entry.key].correlationid,
        }
        for entry in working_set.changes.ledger
    ]


# --- refusals -----------------------------------------------------------------------------


async def _write_refusals(
    db: AsyncConnection, rows: list[Row], refused_before: Collection[IdentityKey]
) -> None:
    """Write the refusals of planned identities; a refusal with the same reason keeps its time."""
    if refused_before:
        kept = [(row["connection"], row["identity"], row["action"]) for row in rows]
        key = tuple_(REFUSALS.c.connection, REFUSALS.c.identity, REFUSALS.c.action)
        ended = delete(REFUSALS).where(of_identities(REFUSALS, refused_before))
        await db.execute(ended.where(key.not_in(kept)) if kept else ended)
    if rows:
        await db.execute(_upsert_refusals(db), rows)


def _refusal_rows(working_set: WorkingSet, envelopes: Envelopes, now: int) -> list[Row]:
    return [
        {
            "connection": key.connection,
            "identity": key.identity,
            "action": refused.action.value,
            "reason": refused.reason.value,
            "obstacle": refused.obstacle,
            "since": now,
        }
        for key, identity in sorted(working_set.refused.items(), key=itemgetter(0))
        if key in envelopes
        for refused in identity.refusals
    ]


def _upsert_refusals(db: AsyncConnection) -> Any:
    statement = insert_into(db, REFUSALS)
    new, old = statement.excluded, REFUSALS.c
    since = case((old.reason == new.reason, old.since), else_=new.since)
    return statement.on_conflict_do_update(
        index_elements=["connection", "identity", "action"],
        set_={"reason": new.reason, "obstacle": new.obstacle, "since": since},
    )
