"""Which rows of the platform does a batch need? A few statements of any size lock and load them.

A preview reads the same rows of a snapshot, without locks.

The Admins of a workspace change only under the workspace's lock, and the holder of an account only
under the account's. Rows of a kind are locked by key; ``worker/apply.py`` has the whole order.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy
from worker.dialects import TEXTS, insert_into, is_among
from worker.hot_statements import run_kept
from worker.planning.facts import Address, key_of_event
from worker.planning.roles import may_make_admin
from worker.planning.working_set import WorkingSet
from worker.platforms.sql.accounts_at_once import lock_accounts
from worker.platforms.sql.mapping import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    DEVICES,
    POLICIES,
    WORKSPACES,
    account_of,
    by_portal,
    device_of,
    of_portals,
    parameters_of,
)
from worker.platforms.sql.tables import LIVE_ADMIN

NAMES = bindparam("names", type_=TEXTS)
IDS = bindparam("ids", type_=TEXTS)
"""Parameters of the statements that are kept: to build one takes longer than to run it."""


def may_need_workspace_lock(event: IdentityChanged) -> bool:
    """Return whether planning may read Admins or policies, which the workspace's lock protects."""
    counts_admins = PORTALS[event.portal].counts_admins
    return counts_admins or isinstance(event.terms.deactivation, ChangePolicy)


def needs_workspace_lock(event: IdentityChanged) -> bool:
    """Return whether planning reads them, whichever account the identity has."""
    return may_make_admin(event) or isinstance(event.terms.deactivation, ChangePolicy)


async def make_workspaces(db: AsyncConnection, names: Collection[str]) -> set[str]:
    """Make the missing ones of some workspaces; return those that were committed before."""
    if not names:
        return set()
    insert = insert_into(db, WORKSPACES).values([{"name": name} for name in sorted(names)])
    missing = insert.on_conflict_do_nothing().returning(WORKSPACES.c.name)
    return set(names) - set((await db.execute(missing)).scalars())


async def lock_workspaces(
    db: AsyncConnection, names: Collection[str], *, skip_locked: bool = False
) -> set[str]:
    """Lock workspaces, so that no other transaction changes their Admins or policies.

    Return the names of the locked workspaces.

    :param skip_locked: whether workspaces that another transaction has locked are left out.
    """
    if not names:
        return set()
    rows = await run_kept(db, _workspaces_statement(skip_locked), {"names": sorted(names)})
    return {name for (name,) in rows}


@cache
def _workspaces_statement(skip_locked: bool) -> Select[Any]:  # noqa: FBT001
    locked = select(WORKSPACES.c.name).where(is_among(WORKSPACES.c.name, NAMES))
    return locked.order_by(WORKSPACES.c.name).with_for_update(skip_locked=skip_locked)


async def load_accounts(
    db: AsyncConnection,
    working_set: WorkingSet,
    events: Sequence[IdentityChanged],
    *,
    locks: bool = True,
) -> None:
    """Load and lock the accounts that the identities hold, and live ones with their e-mails."""
    records = (working_set.records[key_of_event(event)] for event in events)
    ids = [record.account_id for record in records if record.account_id is not None]
    emails = {
        (event.workspace, event.portal.value, name_key(email))
        for event in events
        for email in (event.profile.email, event.profile.waiting_email)
        if email is not None
    }
    if locks and db.dialect.name == "postgresql":
        rows = await lock_accounts(db, ids, emails)
    else:
        rows = await find_accounts(db, ids, emails, locks=locks)
    for row in rows:
        working_set.load_account(account_of(row))


async def lock_accounts_plainly(
    db: AsyncConnection, ids: Sequence[str], addresses: Collection[Address]
) -> Sequence[Sequence[Any]]:
    """Lock and return the accounts with these ids, and the live ones at these addresses."""
    return await find_accounts(db, ids, addresses, locks=True)


async def find_accounts(
    db: AsyncConnection, ids: Sequence[str], addresses: Collection[Address], *, locks: bool
) -> Sequence[Sequence[Any]]:
    """Return the accounts with these ids, and the live ones at these addresses."""
    grouped = by_portal(addresses)
    parameters = {"ids": sorted(ids)} | parameters_of(grouped)
    return await run_kept(db, _accounts_statement(len(grouped), locks), parameters)


@cache
def _accounts_statement(portals: int, locks: bool) -> Select[Any]:  # noqa: FBT001
    by_id = is_among(ACCOUNTS.c.id, IDS)
    found = select(*ACCOUNT_COLUMNS).where(or_(by_id, of_portals(portals)))
    found = found.order_by(ACCOUNTS.c.id)
    return found.with_for_update() if locks else found


async def load_accounts_at(
    db: AsyncConnection,
    working_set: WorkingSet,
    addresses: Collection[Address],
    *,
    locks: bool = True,
) -> None:
    """Load and lock the live accounts at addresses that yielding accounts would take.

    A free address has no row to lock: where another transaction takes it, the unique index of live
    accounts' e-mails raises an error.
    """
    for row in await find_accounts(db, (), addresses, locks=locks):
        account = account_of(row)
        if account.id not in working_set.accounts:
            working_set.load_account(account)


async def load_of_leavers(
    db: AsyncConnection,
    working_set: WorkingSet,
    events: Sequence[IdentityChanged],
    *,
    locks: bool = True,
) -> None:
    """Load the devices of loaded accounts and the policies that events name, if people leave."""
    if leavers := working_set.leavers_with_devices(events):
        await _load_devices(db, working_set, locks=locks)
        await _load_policies(db, working_set, leavers)


async def load_admins(
    db: AsyncConnection, working_set: WorkingSet, workspaces: Collection[str]
) -> None:
    """Count the live Admins of workspaces, which are locked."""
    if not workspaces:
        return
    names = sorted(workspaces)
    for workspace, admins in await run_kept(db, _admins_statement(), {"names": names}):
        working_set.admins[workspace] = admins


@cache
def _admins_statement() -> Select[Any]:
    return (
        select(ACCOUNTS.c.workspace, func.count())
        .where(is_among(ACCOUNTS.c.workspace, NAMES), text(LIVE_ADMIN))
        .group_by(ACCOUNTS.c.workspace)
    )


async def _load_devices(db: AsyncConnection, working_set: WorkingSet, *, locks: bool) -> None:
    ids = sorted(working_set.owners_of_devices())
    for row in (await db.execute(_devices_statement(locks), {"ids": ids})).mappings():
        working_set.load_device(device_of(row))


@cache
def _devices_statement(locks: bool) -> Select[Any]:  # noqa: FBT001
    assigned = select(DEVICES).where(is_among(DEVICES.c.assigned_to, IDS), ~DEVICES.c.removed)
    assigned = assigned.order_by(DEVICES.c.id)
    return assigned.with_for_update() if locks else assigned


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
