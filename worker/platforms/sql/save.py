"""How is a followed plan written? What the World says has changed, set-based, in stable order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope
from worker.dialects import insert_into, is_among, put_rows
from worker.planning.changes import LedgerEntry
from worker.planning.facts import Account, Device, IdentityKey, SyncRecord
from worker.planning.working_set import World
from worker.platforms.sql.mapping import (
    ACCOUNTS,
    DEVICES,
    FAILURES,
    LEDGER,
    RECORDS,
    REFUSALS,
    account_row,
    of_identities,
)
from worker.sync.replans import SWEEP_SECONDS

Envelopes = Mapping[IdentityKey, IdentityChangedEnvelope]


@dataclass(frozen=True, slots=True)
class Flush:
    """One transaction's writes: the events that were planned, and when."""

    db: AsyncConnection
    world: World
    envelopes: Envelopes
    now: int

    async def write(self, refused_before: Collection[IdentityKey]) -> None:
        """Write everything that the World's changes name."""
        changes = self.world.changes
        await self._let_go()
        await self._write_accounts(changes.accounts)
        await self._write_devices(changes.devices)
        await self._write_records(changes.records)
        await self._write_ledger(changes.ledger)
        await self._write_refusals(refused_before)
        await _forget_failures(self.db, changes.records)

    async def _let_go(self) -> None:
        """Free what others in this batch take over, or the order of rows would decide."""
        if holders := _losing_accounts(self.world):
            lost = update(RECORDS).where(of_identities(RECORDS, holders))
            await self.db.execute(lost.values(account_id=None, replan_at=self.now))
        if accounts := _losing_emails(self.world):
            lost = update(ACCOUNTS).where(is_among(ACCOUNTS.c.id, accounts))
            await self.db.execute(lost.values(email_key=None))

    async def _write_accounts(self, changed: Mapping[str, Account | None]) -> None:
        rows = [account_row(self.world.accounts[key], self.now) for key in sorted(changed)]
        kept = {"id", "workspace", "portal", "created_at"}
        await put_rows(self.db, ACCOUNTS, rows, change=set(ACCOUNTS.c.keys()) - kept)

    async def _write_devices(self, changed: Mapping[str, Device]) -> None:
        statement = update(DEVICES).where(DEVICES.c.id == bindparam("of_id"))
        await _each(
            self.db,
            statement,
            (_device_values(self.world.devices[key]) for key in sorted(changed)),
        )

    async def _write_records(self, changed: Mapping[IdentityKey, SyncRecord]) -> None:
        rows = [self._record_row(key) for key in sorted(changed) if key in self.envelopes]
        kept = {"identity", "connection", "workspace", "portal"}  # all are there: they are locked
        await put_rows(self.db, RECORDS, rows, change=set(RECORDS.c.keys()) - kept)

    def _record_row(self, key: IdentityKey) -> dict[str, Any]:
        record, envelope = self.world.records[key], self.envelopes[key]
        refused = key in self.world.waiting
        return {
            "connection": key.connection,
            "identity": key.identity,
            "workspace": envelope.data.workspace,
            "portal": envelope.data.portal.value,
            "applied_version": record.applied_version,
            "applied_at": self.now,
            "deactivated_at": record.deactivated_at,
            "account_id": record.account_id,
            "base_role": self._own_role(record),
            "deleted": record.deleted,
            "waiting_email": record.waiting_email,
            "waiting_version": record.applied_version,
            "event": envelope.model_dump_json(exclude_none=True) if refused else None,
            "correlation_id": envelope.correlationid,
            "replan_at": self._replan_at(key),
        }

    def _own_role(self, record: SyncRecord) -> str | None:
        account = self.world.accounts.get(record.account_id or "")
        return None if account is None or account.own_role is None else account.own_role.value

    def _replan_at(self, key: IdentityKey) -> int | None:
        waiting = self.world.waiting.get(key)
        if waiting is None or all(refused.obstacle is None for refused in waiting.refusals):
            return None
        return self.now if key in self.world.due else self.now + SWEEP_SECONDS * 1_000_000

    async def _write_ledger(self, entries: Iterable[LedgerEntry]) -> None:
        rows = [
            {
                "connection": entry.key.connection,
                "identity": entry.key.identity,
                "deactivated_at": entry.deactivated_at,
                "device_id": entry.device_id,
                "action": entry.kind.value,
                "applied_at": self.now,
                "correlation_id": self.envelopes[entry.key].correlationid,
            }
            for entry in entries
        ]
        await _each(self.db, insert(LEDGER), rows)

    async def _write_refusals(self, refused_before: Collection[IdentityKey]) -> None:
        """Keep the refusals of the planned identities; those that stay keep their time."""
        waiting = {k: w for k, w in sorted(self.world.waiting.items()) if k in self.envelopes}
        rows = [
            {
                "connection": key.connection,
                "identity": key.identity,
                "action": refused.action.value,
                "reason": refused.reason.value,
                "obstacle": refused.obstacle,
                "since": self.now,
            }
            for key, it in waiting.items()
            for refused in it.refusals
        ]
        if refused_before:
            stay = [(row["connection"], row["identity"], row["action"]) for row in rows]
            name = tuple_(REFUSALS.c.connection, REFUSALS.c.identity, REFUSALS.c.action)
            gone = delete(REFUSALS).where(of_identities(REFUSALS, refused_before))
            await self.db.execute(gone.where(name.not_in(stay)) if stay else gone)
        if rows:
            await self.db.execute(_upsert_refusals(self.db), rows)


def _losing_accounts(world: World) -> list[IdentityKey]:
    """Return who held an account that somebody else holds now."""
    changed = world.changes.records
    taken = {world.records[key].account_id: key for key in changed}
    return sorted(
        key
        for key, before in changed.items()
        if before.account_id is not None and taken.get(before.account_id, key) != key
    )


def _losing_emails(world: World) -> list[str]:
    """Return the accounts whose former e-mail another account has now."""
    changed = world.changes.accounts
    after = [world.accounts[key] for key in changed]
    taken = {(it.workspace, it.portal, it.email_key): it.id for it in after if not it.removed}
    return sorted(
        it.id
        for it in changed.values()
        if it is not None
        and it.email_key is not None
        and taken.get((it.workspace, it.portal, it.email_key), it.id) != it.id
    )


def _upsert_refusals(db: AsyncConnection) -> Any:
    statement = insert_into(db, REFUSALS)
    new, old = statement.excluded, REFUSALS.c
    since = case((old.reason == new.reason, old.since), else_=new.since)
    return statement.on_conflict_do_update(
        index_elements=["connection", "identity", "action"],
        set_={"reason": new.reason, "obstacle": new.obstacle, "since": since},
    )


async def _forget_failures(db: AsyncConnection, keys: Collection[IdentityKey]) -> None:
    """What was applied is no failure any more, nor is any older version of it."""
    applied = select(RECORDS.c.identity).where(
        RECORDS.c.connection == FAILURES.c.connection,
        RECORDS.c.identity == FAILURES.c.identity,
        RECORDS.c.applied_version >= FAILURES.c.version,
    )
    if keys:
        await db.execute(delete(FAILURES).where(of_identities(FAILURES, keys), applied.exists()))


def _device_values(device: Device) -> dict[str, Any]:
    return {
        "of_id": device.id,
        "policy": device.policy,
        "assigned_to": device.assigned_to,
        "removed": device.removed,
    }


async def _each(db: AsyncConnection, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Run one statement for many rows at once, in their order."""
    if parameters := list(rows):
        await db.execute(statement, parameters)
