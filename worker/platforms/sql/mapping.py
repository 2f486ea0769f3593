"""How do facts look as rows? The tables, and both directions between rows and values."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, and_, false, or_

from contracts.rules import Portal, Role
from worker.dialects import is_among
from worker.planning.facts import Account, Device, IdentityKey, SyncRecord
from worker.platforms.sql.tables import WorkerTable

TABLES: Mapping[str, Table] = WorkerTable.metadata.tables
WORKSPACES = TABLES["workspaces"]
ACCOUNTS = TABLES["accounts"]
POLICIES = TABLES["policies"]
DEVICES = TABLES["devices"]
RECORDS = TABLES["sync_records"]
REFUSALS = TABLES["refusals"]
LEDGER = TABLES["device_actions"]
FAILURES = TABLES["failures"]

Place = tuple[str, str, str]
"""Workspace, portal and key of an e-mail."""


def of_identities(table: Table, keys: Iterable[IdentityKey]) -> ColumnElement[bool]:
    """Match the rows of some identities; they mostly belong to one connection or a few."""
    by_connection: dict[str, list[str]] = {}
    for key in sorted(keys):
        by_connection.setdefault(key.connection, []).append(key.identity)
    return or_(
        false(),
        *(
            and_(table.c.connection == connection, is_among(table.c.identity, identities))
            for connection, identities in by_connection.items()
        ),
    )


def with_emails(names: Collection[Place]) -> ColumnElement[bool]:
    """Match the live accounts with some e-mails."""
    by_place: dict[tuple[str, str], list[str]] = {}
    for workspace, portal, email_key in sorted(names):
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


def key_of(row: RowMapping) -> IdentityKey:
    """Return which identity a row is about."""
    return IdentityKey(row["connection"], row["identity"])


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


def record_of(row: RowMapping) -> SyncRecord:
    """Read a sync record. What waits was written at its version, or is out of date."""
    is_newest = row["waiting_version"] == row["applied_version"]
    return SyncRecord(
        key=key_of(row),
        applied_version=row["applied_version"],
        deactivated_at=row["deactivated_at"],
        account_id=row["account_id"],
        deleted=row["deleted"],
        waiting_email=row["waiting_email"] if is_newest else None,
    )
