"""How are accounts listed? Each account is listed with maker, holder and protection."""

from typing import Any

from sqlmodel import col, select

from contracts.downstream.accounts import BY_HAND, ListedAccount
from contracts.rules import Portal, Role
from worker.planning.actions import Reason
from worker.platforms.sql.tables import AccountRow
from worker.sync.tables import RefusalRow, SyncRecordRow


def listed_accounts() -> Any:
    """Return the statement that selects accounts with the sync records of their holders, if any.

    The last column tells whether an action of the holder was refused to protect the account.
    """
    refused = select(RefusalRow.action).where(
        RefusalRow.connection == SyncRecordRow.connection,
        RefusalRow.identity == SyncRecordRow.identity,
        RefusalRow.reason == Reason.PROTECTED,
    )
    protected = refused.exists().label("protected")
    holder = SyncRecordRow.applied_version, SyncRecordRow.connection, SyncRecordRow.identity
    held_by = col(SyncRecordRow.account_id) == AccountRow.id
    columns: tuple[Any, ...] = (AccountRow, *holder, protected)
    return select(*columns).outerjoin(SyncRecordRow, held_by)


def listed(row: tuple[AccountRow, int | None, str | None, str | None, bool]) -> ListedAccount:
    """Return the account in a row that the statement of ``listed_accounts`` has selected."""
    account, version, connection, identity, protected = row
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
        id=account.id,
        identity=identity,
    )


def _role(name: str | None) -> Role | None:
    return None if name is None else Role(name)
