"""How are accounts and devices mapped to rows? Functions convert facts in both directions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, false, or_

from contracts.rules import Portal, Role
from worker.dialects import TEXTS, is_among
from worker.planning.facts import Account, Address, Device
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow, WorkspaceRow
from worker.schema import table_of

WORKSPACES = table_of(WorkspaceRow)
ACCOUNTS = table_of(AccountRow)
POLICIES = table_of(PolicyRow)
DEVICES = table_of(DeviceRow)


def with_emails(addresses: Collection[Address]) -> ColumnElement[bool]:
    """Return the condition for the live accounts at some addresses."""
    return or_(
        false(),
        *(
            and_(
                ACCOUNTS.c.email_key.is_not(None),  # else the index of live accounts is not used
                ACCOUNTS.c.workspace == workspace,
                ACCOUNTS.c.portal == portal,
                is_among(ACCOUNTS.c.email_key, keys),
            )
            for (workspace, portal), keys in by_portal(addresses).items()
        ),
    )


def of_portals(number: int) -> ColumnElement[bool]:
    """Return the same condition for a statement that is kept; ``parameters_of`` fills it in.

    To build a statement takes longer than to run it.
    """
    return or_(
        false(),
        *(
            and_(
                ACCOUNTS.c.email_key.is_not(None),
                ACCOUNTS.c.workspace == bindparam(f"workspace_{n}"),
                ACCOUNTS.c.portal == bindparam(f"portal_{n}"),
                is_among(ACCOUNTS.c.email_key, bindparam(f"keys_{n}", type_=TEXTS)),
            )
            for n in range(number)
        ),
    )


def by_portal(addresses: Collection[Address]) -> dict[tuple[str, str], list[str]]:
    """Return the keys of e-mails by workspace and portal."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for workspace, portal, email_key in sorted(addresses):
        grouped.setdefault((workspace, portal), []).append(email_key)
    return grouped


def parameters_of(grouped: Mapping[tuple[str, str], list[str]]) -> dict[str, Any]:
    """Return the parameters that ``of_portals`` takes."""
    parameters: dict[str, Any] = {}
    for n, ((workspace, portal), keys) in enumerate(grouped.items()):
        parameters |= {f"workspace_{n}": workspace, f"portal_{n}": portal, f"keys_{n}": keys}
    return parameters


ACCOUNT_COLUMNS = (
    ACCOUNTS.c.id,
    ACCOUNTS.c.workspace,
    ACCOUNTS.c.portal,
    ACCOUNTS.c.email,
    ACCOUNTS.c.display_name,
    ACCOUNTS.c.given_name,
    ACCOUNTS.c.family_name,
    ACCOUNTS.c.external_id,
    ACCOUNTS.c.role,
    ACCOUNTS.c.groups,
    ACCOUNTS.c.removed,
    ACCOUNTS.c.own_role,
    ACCOUNTS.c.made_by,
    ACCOUNTS.c.released,
)
"""The columns from which ``account_of`` makes an account, in the order of its fields."""


def account_of(row: Sequence[Any]) -> Account:
    """Return the account of a row. A row made by the version before this one has no own role.

    A driver returns groups as JSON, and SQLite's returns numbers as booleans, where SQLAlchemy has
    not read them.
    """
    id_, workspace, portal, email, display_name, given_name, family_name, external_id = row[:8]
    role, groups, removed, own_role, made_by, released = row[8:]
    return Account(
        id_,
        workspace,
        Portal(portal),
        email,
        display_name,
        given_name,
        family_name,
        external_id,
        _role(role),
        tuple(from_json(groups) if isinstance(groups, str) else groups),
        bool(removed),
        _role(own_role or role),
        made_by,
        bool(released),
    )


def _role(name: str | None) -> Role | None:
    return None if name is None else Role(name)


def account_row(account: Account, now: int) -> tuple[Any, ...]:
    """Return the row of an account, with its values in the order of the table's columns.

    ``now`` serves as the time of its making and of its removal.
    """
    return (
        account.id,
        account.workspace,
        account.portal.value,
        account.email,
        account.email_key,
        account.display_name,
        account.given_name,
        account.family_name,
        account.external_id,
        None if account.role is None else account.role.value,
        account.groups,
        account.removed,
        now,
        now if account.removed else None,
        None if account.own_role is None else account.own_role.value,
        account.made_by,
        account.released,
    )


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
