"""What does a batch look at? Locks and loads it, a few statements whatever the batch's size.

Locks are taken in one order everywhere, so that workers wait for each other but never in a ring:
workspaces, sync records, accounts, devices, and each of them by key. Who holds an account may
only change under the lock on the account, who is an Admin only under the lock on the workspace.
Accounts that have to make way for others are known late and locked last. Two workers that need the
same ones crosswise are a deadlock, which PostgreSQL ends, and the loser tries again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import false, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import ChangePolicy, Portal
from worker.dialects import is_among, put_rows
from worker.planning.actions import DeviceActionKind, RefusedAction
from worker.planning.changes import LedgerEntry
from worker.planning.facts import IdentityKey
from worker.planning.working_set import LONGEST_LINE, World
from worker.platforms.sql.mapping import (
    ACCOUNTS,
    DEVICES,
    LEDGER,
    POLICIES,
    RECORDS,
    REFUSALS,
    WORKSPACES,
    Place,
    account_of,
    device_of,
    key_of,
    of_identities,
    record_of,
    with_emails,
)
from worker.platforms.sql.tables import LIVE_ADMIN


async def make_workspaces(db: AsyncConnection, names: Collection[str]) -> None:
    """Make the workspaces that are missing."""
    rows = [{"name": name} for name in sorted(names)]
    await put_rows(db, WORKSPACES, rows)


async def lock_workspaces(db: AsyncConnection, names: Collection[str]) -> None:
    """Wait until nobody else counts Admins or looks for policies in these workspaces."""
    if not names:
        return
    locked = select(WORKSPACES.c.name).where(is_among(WORKSPACES.c.name, names))
    await db.execute(locked.order_by(WORKSPACES.c.name).with_for_update())


async def lock_records(
    db: AsyncConnection, world: World, events: Sequence[IdentityChanged]
) -> frozenset[IdentityKey]:
    """Load the sync records of these events, made where missing; return which are refused."""
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
    return await _load_records(db, world, map(key_of_event, events), skip_locked=False)


async def lock_due_records(
    db: AsyncConnection, world: World, keys: Iterable[IdentityKey]
) -> frozenset[IdentityKey]:
    """Load the sync records of these identities, without those that somebody else is at."""
    return await _load_records(db, world, keys, skip_locked=True)


async def load_facts(db: AsyncConnection, world: World, events: Sequence[IdentityChanged]) -> None:
    """Load what planning these events looks at, beyond the workspaces and their sync records."""
    if not events:
        return
    await _load_accounts(db, world, events)
    await _load_holders(db, world)
    await _load_takers(db, world)
    await _load_admins(db, world, {e.workspace for e in events if e.portal is Portal.DASHBOARD})
    leavers = [event for event in events if _deactivates(world, event)]
    if leavers:
        await _load_devices(db, world)
        await _load_ledger(db, world, leavers)
        await _load_policies(db, world, leavers)


def key_of_event(event: IdentityChanged) -> IdentityKey:
    """Return which identity an event is about."""
    return IdentityKey(event.connection, event.identity)


def has_to_be_alone(event: IdentityChanged) -> bool:
    """Say whether planning looks at what is locked by the workspace: its Admins, its policies."""
    return event.portal is Portal.DASHBOARD or isinstance(event.terms.deactivation, ChangePolicy)


async def _load_records(
    db: AsyncConnection, world: World, keys: Iterable[IdentityKey], *, skip_locked: bool
) -> frozenset[IdentityKey]:
    statement = (
        select(RECORDS)
        .where(of_identities(RECORDS, keys))
        .order_by(RECORDS.c.connection, RECORDS.c.identity)
        .with_for_update(skip_locked=skip_locked)
    )
    rows = (await db.execute(statement)).mappings().all()
    refused = frozenset(key_of(row) for row in rows if row["event"] is not None)
    lacking = await _refused_an_email(db, refused)
    for row in rows:
        world.load_record(replace(record_of(row), email_refused=key_of(row) in lacking))
    return refused


async def _refused_an_email(
    db: AsyncConnection, refused: Collection[IdentityKey]
) -> frozenset[IdentityKey]:
    """Return whose account was refused its e-mail. A statement of its own: the locks come first."""
    if not refused:
        return frozenset()
    statement = select(REFUSALS.c.connection, REFUSALS.c.identity).where(
        of_identities(REFUSALS, refused), REFUSALS.c.action == RefusedAction.CHANGE_EMAIL.value
    )
    return frozenset(map(key_of, (await db.execute(statement)).mappings()))


async def _load_accounts(
    db: AsyncConnection, world: World, events: Sequence[IdentityChanged]
) -> None:
    records = (world.records[key_of_event(event)] for event in events)
    ids = sorted(record.account_id for record in records if record.account_id is not None)
    emails = {
        (event.workspace, event.portal.value, name_key(email))
        for event in events
        for email in (event.profile.email, event.profile.waiting_email)
        if email is not None
    }
    by_id = is_among(ACCOUNTS.c.id, ids) if ids else false()
    statement = select(ACCOUNTS).where(or_(by_id, with_emails(emails)))
    locked = statement.order_by(ACCOUNTS.c.id).with_for_update()
    for row in (await db.execute(locked)).mappings():
        world.load_account(account_of(row))


async def _load_holders(db: AsyncConnection, world: World) -> None:
    """Load who else holds the accounts that were found by e-mail."""
    held = {record.account_id for record in world.records.values()}
    unknown = sorted(world.accounts.keys() - held)
    if unknown:
        statement = select(RECORDS).where(is_among(RECORDS.c.account_id, unknown))
        for row in (await db.execute(statement)).mappings():
            world.load_record(record_of(row))


async def _load_takers(db: AsyncConnection, world: World) -> None:
    """Load the accounts that have the addresses which others would take that yield theirs.

    They may have to make way in turn. Whoever takes an address that is free meanwhile is found by
    the index of the e-mails of live accounts.
    """
    known: set[Place] = set()
    for _ in range(LONGEST_LINE):
        new = _waited_for(world) - known
        if not new:
            return
        known |= new
        statement = select(ACCOUNTS).where(with_emails(new))
        locked = statement.order_by(ACCOUNTS.c.id).with_for_update()
        for row in (await db.execute(locked)).mappings():
            if row["id"] not in world.accounts:
                world.load_account(account_of(row))
        await _load_holders(db, world)


def _waited_for(world: World) -> set[Place]:
    return {
        (account.workspace, account.portal.value, name_key(record.waiting_email))
        for record in world.records.values()
        if record.waiting_email is not None
        and (account := world.accounts.get(record.account_id or "")) is not None
    }


async def _load_admins(db: AsyncConnection, world: World, workspaces: Collection[str]) -> None:
    if not workspaces:
        return
    statement = (
        select(ACCOUNTS.c.workspace, func.count().label("admins"))
        .where(is_among(ACCOUNTS.c.workspace, workspaces), text(LIVE_ADMIN))
        .group_by(ACCOUNTS.c.workspace)
    )
    for row in (await db.execute(statement)).mappings():
        world.admins[row["workspace"]] = row["admins"]


def _deactivates(world: World, event: IdentityChanged) -> bool:
    applied = world.records[key_of_event(event)].deactivated_at
    return event.portal is Portal.MDM and event.terms.deactivated_at > applied


async def _load_devices(db: AsyncConnection, world: World) -> None:
    ids = sorted(account.id for account in world.accounts.values() if account.portal is Portal.MDM)
    assigned = select(DEVICES).where(is_among(DEVICES.c.assigned_to, ids), ~DEVICES.c.removed)
    locked = assigned.order_by(DEVICES.c.id).with_for_update()
    for row in (await db.execute(locked)).mappings():
        world.load_device(device_of(row))


async def _load_ledger(
    db: AsyncConnection, world: World, leavers: Sequence[IdentityChanged]
) -> None:
    statement = select(LEDGER).where(of_identities(LEDGER, map(key_of_event, leavers)))
    for row in (await db.execute(statement)).mappings():
        kind = DeviceActionKind(row["action"])
        world.load_ledger(LedgerEntry(key_of(row), row["deactivated_at"], row["device_id"], kind))


async def _load_policies(
    db: AsyncConnection, world: World, leavers: Sequence[IdentityChanged]
) -> None:
    named = {
        event.terms.deactivation.policy
        for event in leavers
        if isinstance(event.terms.deactivation, ChangePolicy)
    }
    if named:
        workspaces = sorted({event.workspace for event in leavers})
        statement = select(POLICIES).where(
            is_among(POLICIES.c.workspace, workspaces), is_among(POLICIES.c.name, named)
        )
        for row in (await db.execute(statement)).mappings():
            world.policies.add((row["workspace"], row["name"]))
