"""How do accounts and devices look as rows? The tables, and both directions between the two."""

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
    """Match the live accounts with some e-mails."""
    by_place: dict[tuple[str, str], list[str]] = {}
    for workspace, portal, email_key in sorted(addresses):
        by_place.setdefault((workspace, portal), []).append(email_key)
    return or_(
        false(),
        *(
            and_(
                ACCOUNTS.c.email_key.is_not(None),  # or the index of the live ones is not used
                ACCOUNTS.c.workspace == workspace,
                ACCOUNTS.c.portal == portal,
                is_among(ACCOUNTS.c.email_key, keys),
            )
            for (workspace, portal), keys in by_place.items()
        ),
    )


def account_of(row: RowMapping) -> Account:
    """Read an account. A row that the version before this one made has no role of its own yet."""
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
    """Write an account; the time is when it was made, and when it was removed."""
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
    """Read a device."""
    return Device(
        id=row["id"],
        workspace=row["workspace"],
        serial=row["serial"],
        policy=row["policy"],
        assigned_to=row["assigned_to"],
        removed=row["removed"],
    )
