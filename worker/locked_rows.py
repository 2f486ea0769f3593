"""Which events of a batch need a row that is locked? A look-up finds them without waiting.

The rows are those that a batch locks: see ``worker/apply.py``. Two other locks are not found: that
on a row which is being inserted, and that on the record of an identity which loses its account. The
handler then applies the events one by one.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Select, false, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.portals import PORTALS
from worker.dialects import DownstreamDatabase, is_among
from worker.planning.facts import Address, IdentityKey, key_of_event
from worker.platforms.sql.load import may_need_workspace_lock
from worker.platforms.sql.mapping import ACCOUNTS, DEVICES, WORKSPACES, with_emails
from worker.sync.mapping import FAILURES, RECORDS, REFUSALS, of_identities

TABLE_LOCK_TIMEOUT = 0.3
"""Seconds to wait for a lock on a whole table before the look-up fails."""


async def find_locked_out(
    database: DownstreamDatabase, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Return the identities that need a row which another session has locked. No lock is kept.

    A lock on a whole table raises the error of its time-out, because it stops every event.
    """
    async with database.write(TABLE_LOCK_TIMEOUT) as db:
        await _wait_for_tables(db, events)
        needed = {event.workspace for event in events if may_need_workspace_lock(event)}
        workspaces = await _find_locked(db, _workspaces(needed))
        records = await _find_locked(db, _records(events))
        accounts = await _locked_accounts(db, events)
    return frozenset(
        key
        for event in events
        if (key := key_of_event(event)) in accounts
        or (key.connection, key.identity) in records
        or (may_need_workspace_lock(event) and (event.workspace,) in workspaces)
    )


async def _wait_for_tables(db: AsyncConnection, events: Iterable[IdentityChanged]) -> None:
    """Lock the tables as a writer does: another session may hold one, as to build an index."""
    if db.dialect.name != "postgresql":
        return
    tables = [WORKSPACES, RECORDS, ACCOUNTS, REFUSALS, FAILURES]
    if any(PORTALS[event.portal].has_devices for event in events):
        tables.append(DEVICES)
    names = ", ".join(table.name for table in tables)
    await db.execute(text(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE"))


async def _find_locked(db: AsyncConnection, rows: Select[Any]) -> set[tuple[Any, ...]]:
    """Return the rows of a statement that another session has locked."""
    existing = {tuple(row) for row in await db.execute(rows)}
    free = {tuple(row) for row in await db.execute(rows.with_for_update(skip_locked=True))}
    return existing - free


def _workspaces(names: Collection[str]) -> Select[Any]:
    return select(WORKSPACES.c.name).where(is_among(WORKSPACES.c.name, names))


def _records(events: Iterable[IdentityChanged]) -> Select[Any]:
    columns = RECORDS.c.connection, RECORDS.c.identity
    return select(*columns).where(of_identities(RECORDS, map(key_of_event, events)))


async def _locked_accounts(
    db: AsyncConnection, events: Sequence[IdentityChanged]
) -> set[IdentityKey]:
    """Return the identities with a locked account or device, held or claimed by its e-mail."""
    records = _records(events).add_columns(RECORDS.c.account_id)
    held_by = {
        IdentityKey(connection, identity): account_id
        for connection, identity, account_id in await db.execute(records)
        if account_id is not None
    }
    claimed = {key_of_event(it): its for it in events if (its := _address_of(it)) is not None}
    ids = set(held_by.values())
    by_id = is_among(ACCOUNTS.c.id, ids) if ids else false()
    needed = select(
        ACCOUNTS.c.id, ACCOUNTS.c.workspace, ACCOUNTS.c.portal, ACCOUNTS.c.email_key
    ).where(or_(by_id, with_emails(set(claimed.values()))))
    accounts = {row[0]: tuple(row[1:]) for row in await db.execute(needed)}
    locked = {row[0] for row in await _find_locked(db, needed)}
    locked |= await _with_locked_devices(db, accounts)
    locked_addresses = {accounts[it] for it in locked if it in accounts}
    return {key for key, account in held_by.items() if account in locked} | {
        key for key, address in claimed.items() if address in locked_addresses
    }


async def _with_locked_devices(db: AsyncConnection, accounts: Collection[str]) -> set[str]:
    """Return the accounts that have an assigned device which another session has locked."""
    devices = select(DEVICES.c.id, DEVICES.c.assigned_to).where(
        is_among(DEVICES.c.assigned_to, accounts), ~DEVICES.c.removed
    )
    return {account for _device, account in await _find_locked(db, devices)}


def _address_of(event: IdentityChanged) -> Address | None:
    email = event.profile.email
    if email is None:
        return None
    return event.workspace, event.portal.value, name_key(email)
