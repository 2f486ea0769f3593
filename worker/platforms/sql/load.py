"""What does a batch look at on the platform? Locks and loads it, in a few statements of any size.

The Admins of a workspace change only under the lock on it, the holder of an account only under the
lock on that. Each kind of row is locked by key; ``worker/apply.py`` tells the whole order.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import false, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy
from worker.dialects import is_among, put_rows
from worker.planning.facts import Address, key_of_event
from worker.planning.working_set import WorkingSet
from worker.platforms.sql.mapping import (
    ACCOUNTS,
    DEVICES,
    POLICIES,
    WORKSPACES,
    account_of,
    device_of,
    with_emails,
)
from worker.platforms.sql.tables import LIVE_ADMIN


def needs_workspace_lock(event: IdentityChanged) -> bool:
    """Say whether planning looks at what is locked by the workspace: its Admins, its policies."""
    counts_admins = PORTALS[event.portal].counts_admins
    return counts_admins or isinstance(event.terms.deactivation, ChangePolicy)


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


async def load_accounts(
    db: AsyncConnection, working_set: WorkingSet, events: Sequence[IdentityChanged]
) -> None:
    """Load the accounts that the identities hold, and the live ones with their e-mails, locked."""
    records = (working_set.records[key_of_event(event)] for event in events)
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
        working_set.load_account(account_of(row))


async def load_takers(
    db: AsyncConnection, working_set: WorkingSet, addresses: Collection[Address]
) -> None:
    """Load the accounts that have addresses which others would take, locked.

    Another transaction that takes an address which is free is found by the index of the e-mails of
    live accounts.
    """
    statement = select(ACCOUNTS).where(with_emails(addresses))
    locked = statement.order_by(ACCOUNTS.c.id).with_for_update()
    for row in (await db.execute(locked)).mappings():
        if row["id"] not in working_set.accounts:
            working_set.load_account(account_of(row))


async def load_related(
    db: AsyncConnection, working_set: WorkingSet, events: Sequence[IdentityChanged]
) -> None:
    """Load Admins, and for leavers the devices of the loaded accounts and the policies named."""
    counted = {event.workspace for event in events if PORTALS[event.portal].counts_admins}
    await _load_admins(db, working_set, counted)
    if leavers := working_set.leavers_with_devices(events):
        await _load_devices(db, working_set)
        await _load_policies(db, working_set, leavers)


async def _load_admins(
    db: AsyncConnection, working_set: WorkingSet, workspaces: Collection[str]
) -> None:
    if not workspaces:
        return
    statement = (
        select(ACCOUNTS.c.workspace, func.count().label("admins"))
        .where(is_among(ACCOUNTS.c.workspace, workspaces), text(LIVE_ADMIN))
        .group_by(ACCOUNTS.c.workspace)
    )
    for row in (await db.execute(statement)).mappings():
        working_set.admins[row["workspace"]] = row["admins"]


async def _load_devices(db: AsyncConnection, working_set: WorkingSet) -> None:
    ids = sorted(it.id for it in working_set.accounts.values() if PORTALS[it.portal].has_devices)
    assigned = select(DEVICES).where(is_among(DEVICES.c.assigned_to, ids), ~DEVICES.c.removed)
    locked = assigned.order_by(DEVICES.c.id).with_for_update()
    for row in (await db.execute(locked)).mappings():
        working_set.load_device(device_of(row))


async def _load_policies(
    db: AsyncConnection, working_set: WorkingSet, leavers: Sequence[IdentityChanged]
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
            working_set.policies.add((row["workspace"], row["name"]))
