"""What is done with devices by hand? Devices are enrolled, assigned, removed and listed."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from contracts.downstream.devices import (
    ALL_DEVICES,
    DeviceBackground,
    DeviceCounts,
    DeviceFilter,
    ListedDevice,
)
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal
from worker.dialects import is_among
from worker.errors import (
    RemovedSerial,
    SerialExists,
    UnknownDevice,
    UnknownEmail,
    UnknownPolicy,
    UnknownSerial,
)
from worker.platforms.sql.device_backgrounds import backgrounds_of, counts_of
from worker.platforms.sql.listed_devices import ORDER, chosen_by, key_of, listed, with_owners
from worker.platforms.sql.operators.accounts import live_account
from worker.platforms.sql.operators.names import check_name
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow
from worker.sync.tables import SyncRecordRow


@dataclass(frozen=True, slots=True)
class StoredDevices:
    """The Devices of the worker's table. Each call is one transaction."""

    transactions: OperatorTransactions

    async def of_workspace(
        self, workspace: str, chosen: DeviceFilter = ALL_DEVICES, *, most: int | None = None
    ) -> AsyncIterator[ListedDevice]:
        """Yield the devices by serial number; of each number, the live device comes first.

        :param most: the number after which the list ends; None: all.
        :raises UnknownWorkspace: when there is no such workspace.
        """
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            statement = with_owners(workspace).where(*chosen_by(chosen)).limit(most)
            async for device, email in await session.stream(statement):
                yield listed(device, email)

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
        statement = with_owners(workspace).where(*chosen_by(chosen))
        if after is not None:
            serial, removed, id_ = after
            statement = statement.where(tuple_(*ORDER) > (serial, bool(removed), id_))
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            found = await session.exec(statement.limit(most + 1))
            rows = [(listed(device, email), key_of(device)) for device, email in found]
            return Page.of(rows, most)

    async def find(self, workspace: str, device: str) -> ListedDevice:
        """Return the device with an id, in the inventory or removed.

        :raises UnknownDevice: when the workspace has no such device.
        """
        found = await self._first(with_owners(workspace).where(DeviceRow.id == device))
        if found is None:
            raise UnknownDevice(workspace)
        return found

    async def with_serial(self, workspace: str, serial: str) -> ListedDevice:
        """Return the device with a serial number, a removed one where none is in the inventory.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when the workspace never had such a device.
        """
        found = await self._first(
            with_owners(workspace).where(DeviceRow.serial == serial), workspace
        )
        if found is None:
            raise UnknownSerial(workspace)
        return found

    async def _first(self, statement: Any, known: str | None = None) -> ListedDevice | None:
        """Return the first device that a statement selects.

        :param known: a workspace that has to be there.
        """
        async with self.transactions.reading() as session:
            if known is not None:
                await check_known(session, known)
            row = (await session.exec(statement.limit(1))).one_or_none()
        return None if row is None else listed(*row)

    async def serials(self, workspace: str, devices: Sequence[str]) -> Mapping[str, str]:
        """Return the serial numbers of devices by their ids, of removed ones too."""
        id_ = col(DeviceRow.id)
        statement = select(id_, DeviceRow.serial).where(
            DeviceRow.workspace == workspace, is_among(id_, devices)
        )
        async with self.transactions.reading() as session:
            return dict((await session.exec(statement)).all())

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
                devices.setdefault(identity, []).append(listed(device, email))
        return devices

    async def backgrounds(
        self, workspace: str, devices: Sequence[str]
    ) -> Mapping[str, DeviceBackground]:
        """Return the backgrounds of devices by id: the holder, and the last actions of rules.

        The newest action of each kind is told. Devices of other workspaces are missing.
        """
        async with self.transactions.reading() as session:
            return await backgrounds_of(await session.connection(), workspace, devices)

    async def counts(self, workspace: str) -> DeviceCounts:
        """Return the numbers of the devices of a workspace.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            return await counts_of(await session.connection(), workspace)

    async def add(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
        id_: str | None = None,
    ) -> ListedDevice:
        """Enrol a device, assigned to the MDM account with an e-mail.

        A device that was removed is enrolled as a new row; the row of its removal stays.

        :param assigned_to: an e-mail.
        :param id_: the id that the device gets; else any.
        :raises SerialExists: when the inventory has the serial number.
        :raises UnknownPolicy: when the workspace has no policy of this name.
        :raises UnknownEmail: when no live MDM account has the e-mail.
        """
        check_name("a serial number", serial, "serial")
        async with self.transactions.writing(workspace) as session:
            await _check_policy(session, workspace, policy)
            owner = await _owner(session, workspace, assigned_to)
            if await _live_device(session, workspace, serial) is not None:
                raise SerialExists(workspace)
            new = id_ or uuid4().hex
            device = DeviceRow(id=new, workspace=workspace, serial=serial, policy=policy)
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

    async def change_policy(self, workspace: str, serial: str, policy: str | None) -> ListedDevice:
        """Put a device under a policy, or under none.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when there is no such device in the inventory.
        :raises UnknownPolicy: when the workspace has no policy of this name.
        """
        async with self.transactions.writing(workspace, known=True) as session:
            device = await _device(session, workspace, serial)
            await _check_policy(session, workspace, policy)
            device.policy = policy
            session.add(device)
            owner = await session.get(AccountRow, device.assigned_to or "")
            return listed(device, None if owner is None else owner.email)

    async def remove(self, workspace: str, serial: str) -> ListedDevice:
        """Take a device out of the inventory, and end its assignment. No wipe is sent.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when there is no such device in the inventory.
        """
        async with self.transactions.writing(workspace, known=True) as session:
            device = await _device(session, workspace, serial)
            device.removed = True
            return _assign(session, device, None)


async def _check_policy(session: AsyncSession, workspace: str, policy: str | None) -> None:
    """Check that the workspace has a policy, if one is named.

    :raises UnknownPolicy: when the workspace has no policy of this name.
    """
    if policy is not None and await session.get(PolicyRow, (workspace, policy)) is None:
        raise UnknownPolicy(workspace, policy)


async def _owner(session: AsyncSession, workspace: str, email: str | None) -> AccountRow | None:
    """Return the live MDM account with an e-mail, None where no e-mail is given.

    :raises UnknownEmail: when no live MDM account has the e-mail.
    """
    if email is None:
        return None
    account = await live_account(session, workspace, Portal.MDM, email)
    if account is None:
        raise UnknownEmail(workspace, Portal.MDM)
    return account


def _assign(session: AsyncSession, device: DeviceRow, owner: AccountRow | None) -> ListedDevice:
    device.assigned_to = None if owner is None else owner.id
    session.add(device)
    return listed(device, None if owner is None else owner.email)


async def _device(session: AsyncSession, workspace: str, serial: str) -> DeviceRow:
    """Return the device with a serial number that is in the inventory.

    :raises UnknownSerial: when there is none.
    """
    device = await _live_device(session, workspace, serial)
    if device is None:
        raise await _no_device(session, workspace, serial)
    return device


async def _live_device(session: AsyncSession, workspace: str, serial: str) -> DeviceRow | None:
    """Lock and return the device of the inventory with a serial number; None if there is none."""
    statement = _devices(workspace, serial).where(~col(DeviceRow.removed))
    return (await session.exec(statement.with_for_update())).one_or_none()


async def _no_device(session: AsyncSession, workspace: str, serial: str) -> UnknownSerial:
    removed = (await session.exec(_devices(workspace, serial).limit(1))).one_or_none()
    error = RemovedSerial if removed is not None else UnknownSerial
    return error(workspace)


def _devices(workspace: str, serial: str) -> SelectOfScalar[DeviceRow]:
    return select(DeviceRow).where(DeviceRow.workspace == workspace, DeviceRow.serial == serial)
