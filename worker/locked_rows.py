"""Which events of a batch need a row that is locked? A look-up finds them without waiting.

The rows are those that a batch locks: see ``worker/apply.py``. Two other locks are not found: that
on a row which is being inserted, and that on the record of an identity which loses its account. The
handler then applies the events one by one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, false, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.portals import PORTALS
from worker.dialects import DownstreamDatabase, is_among
from worker.planning.facts import Account, Address, IdentityKey, key_of_event
from worker.platforms.sql.load import needs_workspace_lock
from worker.platforms.sql.mapping import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    DEVICES,
    WORKSPACES,
    account_of,
    with_emails,
)
from worker.sync.mapping import FAILURES, RECORDS, REFUSALS, of_identities

TABLE_LOCK_TIMEOUT = 0.3
"""Seconds to wait for a lock on a whole table before the look-up fails."""

AccountsOf = Mapping[IdentityKey, Collection[Account]]


async def find_locked_out(
    database: DownstreamDatabase, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Return the identities that need a row which another session has locked. No lock is kept.

    A lock on a whole table raises the error of its time-out, because it stops every event.
    """
    async with database.write(TABLE_LOCK_TIMEOUT) as db:
        await _wait_for_tables(db, events)
        accounts = await _find_accounts(db, events)
        locked_accounts = await _locked_accounts(db, accounts.values())
        records = await _find_locked(db, _records(events))
        in_need = {key_of_event(it): it.workspace for it in events if _needs_lock(it, accounts)}
        workspaces = await _find_locked(db, _workspaces(set(in_need.values())))
    return frozenset(
        key
        for key in map(key_of_event, events)
        if not locked_accounts.isdisjoint(it.id for it in accounts[key])
        or (key.connection, key.identity) in records
        or (in_need.get(key),) in workspaces
    )


def _needs_lock(event: IdentityChanged, accounts: AccountsOf) -> bool:
    """Return whether a batch would lock the workspace for an event."""
    its_accounts = accounts[key_of_event(event)]
    return needs_workspace_lock(event) or any(it.may_be_admin for it in its_accounts)


async def _wait_for_tables(db: AsyncConnection, events: Iterable[IdentityChanged]) -> None:
    """Lock the tables as a writer does: a session may hold a whole table, as to build an index."""
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


async def _find_accounts(db: AsyncConnection, events: Sequence[IdentityChanged]) -> AccountsOf:
    """Return the accounts that each identity holds, or claims by its e-mail."""
    records = _records(events).add_columns(RECORDS.c.account_id)
    held = {
        IdentityKey(connection, identity): account_id
        for connection, identity, account_id in await db.execute(records)
        if account_id is not None
    }
    claimed = {key_of_event(it): its for it in events if (its := _address_of(it)) is not None}
    by_id = is_among(ACCOUNTS.c.id, set(held.values())) if held else false()
    needed = select(*ACCOUNT_COLUMNS).where(or_(by_id, with_emails(set(claimed.values()))))
    found = [account_of(row) for row in await db.execute(needed)]
    with_id = {it.id: it for it in found}
    at: dict[tuple[str, str, str | None] | None, Account]
    at = {(it.workspace, it.portal.value, it.email_key): it for it in found}
    both = {
        key: (with_id.get(held.get(key, "")), at.get(claimed.get(key)))
        for key in map(key_of_event, events)
    }
    return {key: [it for it in its if it is not None] for key, its in both.items()}


async def _locked_accounts(
    db: AsyncConnection, accounts: Iterable[Collection[Account]]
) -> set[str]:
    """Return the accounts that are locked, or have an assigned device that is."""
    ids = {account.id for its in accounts for account in its}
    rows = select(ACCOUNTS.c.id).where(is_among(ACCOUNTS.c.id, ids))
    devices = select(DEVICES.c.id, DEVICES.c.assigned_to).where(
        is_among(DEVICES.c.assigned_to, ids), ~DEVICES.c.removed
    )
    locked = {account for (account,) in await _find_locked(db, rows)}
    return locked | {account for _device, account in await _find_locked(db, devices)}


def _address_of(event: IdentityChanged) -> Address | None:
    email = event.profile.email
    if email is None:
        return None
    return event.workspace, event.portal.value, name_key(email)
