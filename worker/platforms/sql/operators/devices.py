"""What do operators do with devices? Operators enrol, assign, remove and list them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from contracts.downstream.devices import ALL_DEVICES, DeviceFilter, ListedDevice
from contracts.downstream.pages import Key, Page
from contracts.names import name_key
from contracts.rules import Portal
from worker.dialects import is_among
from worker.errors import RemovedSerial, SerialExists, UnknownEmail, UnknownPolicy, UnknownSerial
from worker.platforms.sql.operators.accounts import live_account
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow
from worker.sync.tables import SyncRecordRow

ORDER = col(DeviceRow.serial), col(DeviceRow.removed), col(DeviceRow.id)


@dataclass(frozen=True, slots=True)
class StoredDevices:
    """The Devices of the worker's table. Each call is one transaction."""

    transactions: OperatorTransactions

    async def of_workspace(self, workspace: str) -> AsyncIterator[ListedDevice]:
        """Yield the devices by serial number; of each number, the live device comes first.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            async for device, email in await session.stream(_with_owners(workspace)):
                yield _listed(device, email)

    async def page(
        self,
        workspace: str,
        chosen: DeviceFilter = ALL_DEVICES,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedDevice]:
        """Return a page of devices, in the same order.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        statement = _with_owners(workspace).where(*_chosen_by(chosen))
        if after is not None:
            serial, removed, id_ = after
            statement = statement.where(tuple_(*ORDER) > (serial, bool(removed), id_))
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            found = await session.exec(statement.limit(most + 1))
            rows = [(_listed(device, email), _key_of(device)) for device, email in found]
            return Page.of(rows, most)

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, Sequence[ListedDevice]]:
        """Return the live devices of each identity that has any, by serial number."""
        statement = (
            select(SyncRecordRow.identity, DeviceRow, AccountRow.email)
            .join(DeviceRow, col(DeviceRow.assigned_to) == SyncRecordRow.account_id)
            .join(AccountRow, col(AccountRow.id) == SyncRecordRow.account_id)
            .where(
                SyncRecordRow.connection == connection,
                is_among(col(SyncRecordRow.identity), identities),
                ~col(DeviceRow.removed),
            )
            .order_by(*ORDER)
        )
        devices: dict[str, list[ListedDevice]] = {}
        async with self.transactions.reading() as session:
            for identity, device, email in await session.exec(statement):
                devices.setdefault(identity, []).append(_listed(device, email))
        return devices

    async def add(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
    ) -> ListedDevice:
        """Enrol a device, assigned to the MDM account with an e-mail.

        A device that was removed is enrolled as a new row; the row of its removal stays.

        :param assigned_to: an e-mail.
        :raises SerialExists: when the inventory has the serial number.
        :raises UnknownPolicy: when the workspace has no policy of this name.
        :raises UnknownEmail: when no live MDM account has the e-mail.
        """
        check_name("a serial number", serial)
        async with self.transactions.writing(workspace) as session:
            if policy is not None and await session.get(PolicyRow, (workspace, policy)) is None:
                raise UnknownPolicy(workspace, policy)
            owner = await _owner(session, workspace, assigned_to)
            if await _live_device(session, workspace, serial) is not None:
                raise SerialExists(workspace, serial)
            device = DeviceRow(id=uuid4().hex, workspace=workspace, serial=serial, policy=policy)
            return _assign(session, device, owner)

    async def assign(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        """Assign a device to a live MDM account, or end its assignment where the e-mail is None.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when there is no such device in the inventory.
        :raises UnknownEmail: when no live MDM account has the e-mail.
        """
        async with self.transactions.writing(workspace, known=True) as session:
            owner = await _owner(session, workspace, email)
            return _assign(session, await _device(session, workspace, serial), owner)

    async def remove(self, workspace: str, serial: str) -> ListedDevice:
        """Take a device out of the inventory, and end its assignment. No wipe is sent.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when there is no such device in the inventory.
        """
        async with self.transactions.writing(workspace, known=True) as session:
            device = await _device(session, workspace, serial)
            device.removed = True
            return _assign(session, device, None)


def _with_owners(workspace: str) -> Any:
    """Return the statement that selects the devices of a workspace with their owners' e-mails."""
    return (
        select(DeviceRow, AccountRow.email)
        .outerjoin(AccountRow, col(DeviceRow.assigned_to) == AccountRow.id)
        .where(DeviceRow.workspace == workspace)
        .order_by(*ORDER)
    )


def _chosen_by(chosen: DeviceFilter) -> list[ColumnElement[bool]]:
    """Return the conditions for the devices that are listed."""
    owner = chosen.assigned_to
    wanted: dict[Any, Any] = {
        col(DeviceRow.serial): chosen.serial,
        col(DeviceRow.policy): chosen.policy,
        col(AccountRow.email_key): None if owner is None else name_key(owner),
        col(DeviceRow.removed): chosen.removed,
    }
    return [column == value for column, value in wanted.items() if value is not None]


def _listed(device: DeviceRow, owner: str | None) -> ListedDevice:
    return ListedDevice(device.serial, device.policy, owner, device.removed)


def _key_of(device: DeviceRow) -> Key:
    return device.serial, int(device.removed), device.id


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
    return _listed(device, None if owner is None else owner.email)


async def _device(session: AsyncSession, workspace: str, serial: str) -> DeviceRow:
    """Return the device with a serial number that is in the inventory.

    :raises UnknownSerial: when there is none.
    """
    device = await _live_device(session, workspace, serial)
    if device is None:
        raise await _no_device(session, workspace, serial)
    return device


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
