"""How are accounts and devices mapped to rows? Functions convert facts in both directions."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, false, or_

from contracts.rules import Portal, Role
from worker.dialects import is_among
from worker.planning.facts import Account, Address, Device
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow, WorkspaceRow
from worker.schema import table_of

WORKSPACES = table_of(WorkspaceRow)
ACCOUNTS = table_of(AccountRow)
POLICIES = table_of(PolicyRow)
DEVICES = table_of(DeviceRow)


def with_emails(addresses: Collection[Address]) -> ColumnElement[bool]:
    """Return the condition for the live accounts at some addresses."""
    by_portal: dict[tuple[str, str], list[str]] = {}
    for workspace, portal, email_key in sorted(addresses):
        by_portal.setdefault((workspace, portal), []).append(email_key)
    return or_(
        false(),
        *(
            and_(
                ACCOUNTS.c.email_key.is_not(None),  # else the index of live accounts is not used
                ACCOUNTS.c.workspace == workspace,
                ACCOUNTS.c.portal == portal,
                is_among(ACCOUNTS.c.email_key, keys),
            )
            for (workspace, portal), keys in by_portal.items()
        ),
    )


def account_of(row: RowMapping) -> Account:
    """Return the account of a row. A row made by the version before this one has no own role."""
    own_role = row["own_role"] or row["role"]
    return Account(
        id=row["id"],
        workspace=row["workspace"],
        portal=Portal(row["portal"]),
        email=row["email"],
        display_name=row["display_name"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        external_id=row["external_id"],
        role=None if row["role"] is None else Role(row["role"]),
        groups=tuple(row["groups"]),
        removed=row["removed"],
        own_role=None if own_role is None else Role(own_role),
        made_by=row["made_by"],
        released=row["released"],
    )


def account_row(account: Account, now: int) -> dict[str, Any]:
    """Return the row of an account. ``now`` serves as the time of its making and of its removal."""
    return {
        "id": account.id,
        "workspace": account.workspace,
        "portal": account.portal.value,
        "email": account.email,
        "email_key": account.email_key,
        "display_name": account.display_name,
        "given_name": account.given_name,
        "family_name": account.family_name,
        "external_id": account.external_id,
        "role": None if account.role is None else account.role.value,
        "groups": list(account.groups),
        "removed": account.removed,
        "created_at": now,
        "removed_at": now if account.removed else None,
        "own_role": None if account.own_role is None else account.own_role.value,
        "made_by": account.made_by,
        "released": account.released,
    }


def device_of(row: RowMapping) -> Device:
    """Return the device of a row."""
    return Device(
        id=row["id"],
        workspace=row["workspace"],
        serial=row["serial"],
        policy=row["policy"],
        assigned_to=row["assigned_to"],
        removed=row["removed"],
    )
