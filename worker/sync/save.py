"""How is the progress of identities saved? Records, ledger and refusals are written by key."""

from collections.abc import Collection
from operator import itemgetter
from typing import Any

from sqlalchemy import case, delete, insert, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.dialects import insert_into
from worker.planning.facts import IdentityKey
from worker.planning.working_set import WorkingSet
from worker.sync.mapping import LEDGER, RECORDS, REFUSALS, of_identities
from worker.sync.save_records import Envelopes, save_records

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
    """Write the records, ledger entries and refusals of a working set, and forget failures."""
    await save_records(db, working_set, envelopes, now)
    await _write_ledger(db, _ledger_rows(working_set, envelopes, now))
    await _write_refusals(db, _refusal_rows(working_set, envelopes, now), refused_before)


def _losing_accounts(working_set: WorkingSet) -> list[IdentityKey]:
    """Return the identities whose account another identity holds now."""
    changed, records = working_set.changes.records, working_set.records
    left = {
        key: before.account_id
        for key, before in changed.items()
        if before.account_id not in {None, records[key].account_id}
    }
    if not left:
        return []
    taken = {records[key].account_id: key for key in changed}
    return sorted(key for key, account_id in left.items() if account_id in taken)


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
    """Write the refusals of planned identities, and delete their former ones that have ended.

    A refusal with the same reason keeps its time.

    :param refused_before: the planned identities that had refusals.
    """
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
