"""What has happened to a person here? Record, refusals, ledger and account tell their times."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.downstream.histories import DeviceActionTaken, History, Holder, RefusedSince
from contracts.names import name_key
from contracts.rules import Portal
from worker.platforms.sql.operators.transactions import OperatorTransactions
from worker.platforms.sql.tables import AccountRow, DeviceRow
from worker.sync.tables import DeviceActionRow, RefusalRow, SyncRecordRow


@dataclass(frozen=True, slots=True)
class StoredHistories:
    """The Histories of the worker's tables. Each call reads one snapshot."""

    transactions: OperatorTransactions

    async def of(self, connection: str, identity: str) -> History | None:
        """Return the history of an identity, None where downstream does not know it."""
        statement = (
            select(SyncRecordRow, AccountRow.created_at, AccountRow.removed_at)
            .outerjoin(AccountRow, col(AccountRow.id) == SyncRecordRow.account_id)
            .where(SyncRecordRow.connection == connection, SyncRecordRow.identity == identity)
        )
        async with self.transactions.reading() as session:
            row = (await session.exec(statement)).one_or_none()
            if row is None:
                return None
            record, made_at, removed_at = row
            return History(
                applied_version=record.applied_version,
                applied_at=record.applied_at,
                correlation_id=record.correlation_id,
                refused=await _refused(session, connection, identity),
                device_actions=await _device_actions(session, connection, identity),
                account_made_at=made_at,
                account_removed_at=removed_at,
            )

    async def holder_of(self, workspace: str, portal: Portal, email: str) -> Holder | None:
        """Return the holder of the live account with an e-mail, None without such an account."""
        statement = (
            select(SyncRecordRow.connection, SyncRecordRow.identity)
            .select_from(AccountRow)
            .outerjoin(SyncRecordRow, col(SyncRecordRow.account_id) == AccountRow.id)
            .where(
                AccountRow.workspace == workspace,
                AccountRow.portal == portal.value,
                AccountRow.email_key == name_key(email),
            )
        )
        async with self.transactions.reading() as session:
            row = (await session.exec(statement)).one_or_none()
            return None if row is None else Holder(*row)


async def _refused(
    session: AsyncSession, connection: str, identity: str
) -> tuple[RefusedSince, ...]:
    statement = (
        select(RefusalRow.action, RefusalRow.reason, RefusalRow.since)
        .where(RefusalRow.connection == connection, RefusalRow.identity == identity)
        .order_by(RefusalRow.action)
    )
    return tuple(RefusedSince(*row) for row in await session.exec(statement))


async def _device_actions(
    session: AsyncSession, connection: str, identity: str
) -> tuple[DeviceActionTaken, ...]:
    statement = (
        select(DeviceActionRow, DeviceRow.serial)
        .outerjoin(DeviceRow, col(DeviceRow.id) == DeviceActionRow.device_id)
        .where(DeviceActionRow.connection == connection, DeviceActionRow.identity == identity)
        .order_by(col(DeviceActionRow.applied_at), DeviceRow.serial)
    )
    return tuple(
        DeviceActionTaken(
            serial, taken.action, taken.deactivated_at, taken.applied_at, taken.correlation_id
        )
        for taken, serial in await session.exec(statement)
    )
