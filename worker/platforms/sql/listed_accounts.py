"""How do operators see accounts? With who made each, who holds it, and whether it is protected."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from contracts.rules import Portal, Role
from worker.planning.actions import Reason
from worker.platforms.sql.tables import AccountRow, RefusalRow, SyncRecordRow

BY_HAND = "hand"
"""The maker of an account that no connection has made."""


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as operators see it; version and connection are those of who holds it.

    ``own_role`` is the role that stays without a mapping, ``made_by`` a connection, ``hand`` or
    ``unknown``. ``protected`` says that something its holder asked for waits for the release.
    """

    portal: Portal
    email: str | None
    role: Role | None
    groups: tuple[str, ...]
    removed: bool
    version: int | None = None
    connection: str | None = None
    own_role: Role | None = None
    made_by: str = BY_HAND
    released: bool = False
    protected: bool = False


def listed_accounts() -> Any:
    """Return the statement that reads accounts with what is known of their holders."""
    refused = select(RefusalRow.action).where(
        RefusalRow.connection == SyncRecordRow.connection,
        RefusalRow.identity == SyncRecordRow.identity,
        RefusalRow.reason == Reason.PROTECTED,
    )
    protected = refused.exists().label("protected")
    return select(
        AccountRow, SyncRecordRow.applied_version, SyncRecordRow.connection, protected
    ).outerjoin(SyncRecordRow, col(SyncRecordRow.account_id) == AccountRow.id)


def listed(row: tuple[AccountRow, int | None, str | None, bool]) -> ListedAccount:
    """Return an account of that statement."""
    account, version, connection, protected = row
    return ListedAccount(
        portal=Portal(account.portal),
        email=account.email,
        role=_role(account.role),
        groups=tuple(account.groups),
        removed=account.removed,
        version=version,
        connection=connection,
        own_role=_role(account.own_role or account.role),
        made_by=account.made_by or BY_HAND,
        released=account.released,
        protected=protected and not account.released,
    )


def _role(name: str | None) -> Role | None:
    return None if name is None else Role(name)
