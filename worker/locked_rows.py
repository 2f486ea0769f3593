"""Which events of a batch need a row that somebody holds? Looked up without waiting for any.

The rows are those that a batch locks: see ``loading``. What else it may wait for (a row that is
just being made, the record of somebody who loses an account) is left to who tries one by one.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Select, false, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Portal
from worker.dialects import DownstreamDatabase, is_among, wait_for_locks
from worker.planning.facts import IdentityKey
from worker.platforms.sql.load import has_to_be_alone, key_of_event
from worker.platforms.sql.mapping import (
    ACCOUNTS,
    DEVICES,
    FAILURES,
    RECORDS,
    REFUSALS,
    WORKSPACES,
    Place,
    of_identities,
    with_emails,
)

TABLE_SECONDS = 0.3
"""How long a lock on a whole table may last before that is an error."""


async def find_locked_out(
    database: DownstreamDatabase, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Return the identities that need a row which somebody else holds. Nothing stays locked.

    It fails where somebody holds a whole table, because that is in everybody's way.
    """
    async with database.write() as db:
        await wait_for_locks(db, TABLE_SECONDS)
        await _wait_for_tables(db, events)
        alone = {event.workspace for event in events if has_to_be_alone(event)}
        workspaces = await _held(db, _workspaces(alone))
        records = await _held(db, _records(events))
        accounts = await _locked_accounts(db, events)
    return frozenset(
        key
        for event in events
        if (key := key_of_event(event)) in accounts
        or (key.connection, key.identity) in records
        or (has_to_be_alone(event) and (event.workspace,) in workspaces)
    )


async def _wait_for_tables(db: AsyncConnection, events: Iterable[IdentityChanged]) -> None:
    """Wait as a writer does: somebody may hold a table, too, such as who makes an index."""
    if db.dialect.name != "postgresql":
        return
    tables = [WORKSPACES, RECORDS, ACCOUNTS, REFUSALS, FAILURES]
    if any(event.portal is Portal.MDM for event in events):
        tables.append(DEVICES)
    names = ", ".join(table.name for table in tables)
    await db.execute(text(f"LOCK TABLE {names} IN ROW EXCLUSIVE MODE"))


async def _held(db: AsyncConnection, rows: Select[Any]) -> set[tuple[Any, ...]]:
    """Return the rows that are there and cannot be locked."""
    there = {tuple(row) for row in await db.execute(rows)}
    free = {tuple(row) for row in await db.execute(rows.with_for_update(skip_locked=True))}
    return there - free


def _workspaces(names: Collection[str]) -> Select[Any]:
    return select(WORKSPACES.c.name).where(is_among(WORKSPACES.c.name, names))


def _records(events: Iterable[IdentityChanged]) -> Select[Any]:
    columns = RECORDS.c.connection, RECORDS.c.identity
    return select(*columns).where(of_identities(RECORDS, map(key_of_event, events)))


async def _locked_accounts(
    db: AsyncConnection, events: Sequence[IdentityChanged]
) -> set[IdentityKey]:
    """Return who holds, or claims by e-mail, an account that is locked or has a locked device."""
    records = _records(events).add_columns(RECORDS.c.account_id)
    held_by = {
        IdentityKey(connection, identity): account_id
        for connection, identity, account_id in await db.execute(records)
        if account_id is not None
    }
    places = {key_of_event(it): place for it in events if (place := _place_of(it)) is not None}
    ids = set(held_by.values())
    by_id = is_among(ACCOUNTS.c.id, ids) if ids else false()
    needed = select(
        ACCOUNTS.c.id, ACCOUNTS.c.workspace, ACCOUNTS.c.portal, ACCOUNTS.c.email_key
    ).where(or_(by_id, with_emails(set(places.values()))))
    accounts = {row[0]: tuple(row[1:]) for row in await db.execute(needed)}
    locked = {row[0] for row in await _held(db, needed)}
    locked |= await _with_locked_devices(db, accounts)
    locked_places = {accounts[it] for it in locked if it in accounts}
    return {key for key, account in held_by.items() if account in locked} | {
        key for key, place in places.items() if place in locked_places
    }


async def _with_locked_devices(db: AsyncConnection, accounts: Collection[str]) -> set[str]:
    devices = select(DEVICES.c.id, DEVICES.c.assigned_to).where(
        is_among(DEVICES.c.assigned_to, accounts), ~DEVICES.c.removed
    )
    return {account for _device, account in await _held(db, devices)}


def _place_of(event: IdentityChanged) -> Place | None:
    email = event.profile.email
    if email is None:
        return None
    return event.workspace, event.portal.value, name_key(email)
