"""What do operators do with devices? Operators enrol, assign and list them."""

from collections.abc import AsyncIterator
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from contracts.rules import Portal
from worker.errors import RemovedSerial, SerialExists, UnknownEmail, UnknownPolicy, UnknownSerial
from worker.platforms.sql.listed_devices import ListedDevice
from worker.platforms.sql.operators.accounts import live_account
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow


async def list_devices(
    transactions: OperatorTransactions, workspace: str
) -> AsyncIterator[ListedDevice]:
    """Yield the devices by serial number; of each number, the live device comes first.

    :raises UnknownWorkspace: when there is no such workspace.
    """
    statement = (
        select(DeviceRow, AccountRow.email)
        .outerjoin(AccountRow, col(DeviceRow.assigned_to) == AccountRow.id)
        .where(DeviceRow.workspace == workspace)
        .order_by(DeviceRow.serial, col(DeviceRow.removed), DeviceRow.id)
    )
    async with transactions.reading() as session:
        await check_known(session, workspace)
        async for device, email in await session.stream(statement):
            yield ListedDevice(device.serial, device.policy, email, device.removed)


async def add_device(
    transactions: OperatorTransactions,
    workspace: str,
    serial: str,
    *,
    policy: str | None,
    assigned_to: str | None,
) -> ListedDevice:
    """Enrol a device, assigned to the MDM account with an e-mail.

    A device that was removed is enrolled as a new row; the row of its removal stays.

    :param assigned_to: an e-mail.
    :raises SerialExists: when the inventory has the serial number.
    :raises UnknownPolicy: when the workspace has no policy of this name.
    :raises UnknownEmail: when no live MDM account has the e-mail.
    """
    check_name("a serial number", serial)
    async with transactions.writing(workspace) as session:
        if policy is not None and await session.get(PolicyRow, (workspace, policy)) is None:
            raise UnknownPolicy(workspace, policy)
        owner = await _owner(session, workspace, assigned_to)
        if await _live_device(session, workspace, serial) is not None:
            raise SerialExists(workspace, serial)
        device = DeviceRow(id=uuid4().hex, workspace=workspace, serial=serial, policy=policy)
        return _assign(session, device, owner)


async def assign_device(
    transactions: OperatorTransactions, workspace: str, serial: str, email: str | None
) -> ListedDevice:
    """Assign a device to a live MDM account, or end its assignment where the e-mail is None.

    :raises UnknownWorkspace: when there is no such workspace.
    :raises UnknownSerial: when there is no such device in the inventory.
    :raises UnknownEmail: when no live MDM account has the e-mail.
    """
    async with transactions.writing(workspace, known=True) as session:
        owner = await _owner(session, workspace, email)
        device = await _live_device(session, workspace, serial)
        if device is None:
            raise await _no_device(session, workspace, serial)
        return _assign(session, device, owner)


async def _owner(session: AsyncSession, workspace: str, email: str | None) -> AccountRow | None:
    """Return the live MDM account with an e-mail, None where no e-mail is given.

    :raises UnknownEmail: when no live MDM account has the e-mail.
    """
    if email is None:
        return None
    account = await live_account(session, workspace, Portal.MDM, email)
    if account is None:
        raise UnknownEmail(workspace, Portal.MDM, email)
    return account


def _assign(session: AsyncSession, device: DeviceRow, owner: AccountRow | None) -> ListedDevice:
    device.assigned_to = None if owner is None else owner.id
    session.add(device)
    return ListedDevice(device.serial, device.policy, None if owner is None else owner.email)


async def _live_device(session: AsyncSession, workspace: str, serial: str) -> DeviceRow | None:
    """Return the device with a serial number that is in the inventory, None if there is none."""
    statement = _devices(workspace, serial).where(~col(DeviceRow.removed))
    return (await session.exec(statement.with_for_update())).one_or_none()


async def _no_device(session: AsyncSession, workspace: str, serial: str) -> UnknownSerial:
    removed = (await session.exec(_devices(workspace, serial).limit(1))).one_or_none()
    error = RemovedSerial if removed is not None else UnknownSerial
    return error(workspace, serial)


def _devices(workspace: str, serial: str) -> SelectOfScalar[DeviceRow]:
    return select(DeviceRow).where(DeviceRow.workspace == workspace, DeviceRow.serial == serial)
