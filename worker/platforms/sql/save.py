"""How are changes of accounts and devices saved? A statement writes all rows of a kind by key."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from worker.dialects import is_among
from worker.planning.facts import Account, Device
from worker.planning.working_set import WorkingSet
from worker.platforms.sql.mapping import ACCOUNTS, DEVICES, account_row
from worker.put_rows import put_rows

CHANGED = frozenset(ACCOUNTS.c.keys()) - {"id", "workspace", "portal", "created_at"}
"""The columns of an account that follow its identity."""


async def save(db: AsyncConnection, working_set: WorkingSet, now: int) -> None:
    """Write the accounts and devices that a working set has changed."""
    await _release_emails(db, working_set)
    await _write_accounts(db, working_set, now)
    await _write_devices(db, working_set)


async def _release_emails(db: AsyncConnection, working_set: WorkingSet) -> None:
    """Free e-mails that other accounts take over; else a row written too early is a duplicate."""
    if accounts := _losing_emails(working_set.changes.accounts, working_set.accounts):
        losing = update(ACCOUNTS).where(is_among(ACCOUNTS.c.id, accounts))
        await db.execute(losing.values(email_key=None))


def _losing_emails(
    before: Mapping[str, Account | None], accounts: Mapping[str, Account]
) -> list[str]:
    """Return the accounts whose former e-mail another account has now."""
    left = [
        it
        for it in before.values()
        if it is not None and it.email_key not in {None, accounts[it.id].email_key}
    ]
    if not left:
        return []
    after = [accounts[key] for key in before]
    taken = {(it.workspace, it.portal, it.email_key): it.id for it in after if not it.removed}
    return sorted(
        it.id for it in left if taken.get((it.workspace, it.portal, it.email_key), it.id) != it.id
    )


async def _write_accounts(db: AsyncConnection, working_set: WorkingSet, now: int) -> None:
    """Write accounts by address: two transactions that make the same ones wait in one order.

    By id, which is random for a new account, they would wait for each other crosswise.
    """
    rows = [account_row(working_set.accounts[key], now) for key in working_set.changes.accounts]
    await put_rows(db, ACCOUNTS, sorted(rows, key=_address_of), change=CHANGED)


def _address_of(row: Sequence[Any]) -> tuple[str, str, str, str]:
    """Return the address in the row of an account, with its id where the account has none."""
    id_, workspace, portal, _email, email_key = row[:5]
    return workspace, portal, email_key or "", id_


async def _write_devices(db: AsyncConnection, working_set: WorkingSet) -> None:
    rows = [_device_values(working_set.devices[key]) for key in sorted(working_set.changes.devices)]
    if rows:
        await db.execute(update(DEVICES).where(DEVICES.c.id == bindparam("of_id")), rows)


def _device_values(device: Device) -> dict[str, Any]:
    return {
        "of_id": device.id,
        "policy": device.policy,
        "assigned_to": device.assigned_to,
        "removed": device.removed,
    }
