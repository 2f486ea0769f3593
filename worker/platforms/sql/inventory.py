"""What does the platform itself do by hand? Workspaces, policies, devices, accounts; listed, too.

Each call is one transaction. Whatever makes something makes its workspace on first use; the lock
on the workspace keeps it in order with workers that count Admins or look for policies.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from contracts.clock import Clock, now
from contracts.names import name_key, trimmed
from contracts.rules import Portal, Role
from worker.dialects import DownstreamDatabase
from worker.errors import (
    LONGEST_NAME,
    EmailExists,
    NothingProtected,
    PolicyExists,
    RemovedSerial,
    RoleElsewhere,
    SerialExists,
    UnknownEmail,
    UnknownPolicy,
    UnknownSerial,
    UnknownWorkspace,
    UnusableEmail,
    UnusableName,
)
from worker.planning.actions import account_obstacle, admin_obstacle, policy_obstacle
from worker.platforms.sql.listed_accounts import ListedAccount, listed, listed_accounts
from worker.platforms.sql.load import lock_workspaces, make_workspaces
from worker.platforms.sql.tables import AccountRow, DeviceRow, PolicyRow, WorkspaceRow
from worker.sync.replans import mark_freed


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as operators see it; ``assigned_to`` is an e-mail."""

    serial: str
    policy: str | None
    assigned_to: str | None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """The downstream platform in the hands of its own operators."""

    database: DownstreamDatabase
    clock: Clock = now

    # --- workspaces -----------------------------------------------------------------------

    async def ensure_workspace(self, workspace: str) -> None:
        """Make the workspace on first use.

        :raises UnusableName: when nobody could read its name.
        """
        _check_name("a workspace", workspace)
        async with self.database.write() as db:
            await make_workspaces(db, [workspace])

    async def workspace_exists(self, workspace: str) -> bool:
        """Say whether anything was ever made in this workspace."""
        async with self._reading() as session:
            return await session.get(WorkspaceRow, workspace) is not None

    # --- policies -------------------------------------------------------------------------

    async def list_policies(self, workspace: str) -> list[str]:
        """Return the policies by name.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        async with self._reading() as session:
            await _known(session, workspace)
            names = select(PolicyRow.name).where(PolicyRow.workspace == workspace)
            return list(await session.exec(names.order_by(PolicyRow.name)))

    async def add_policy(self, workspace: str, name: str) -> None:
        """Make a policy; deactivations that waited for it go on.

        :raises PolicyExists: when there is one of this name.
        """
        _check_name("a policy", name)
        async with self._writing(workspace) as session:
            if await session.get(PolicyRow, (workspace, name)) is not None:
                raise PolicyExists(workspace, name)
            session.add(PolicyRow(workspace=workspace, name=name))
            await self._free(session, policy_obstacle(workspace, name))

    # --- devices --------------------------------------------------------------------------

    async def list_devices(self, workspace: str) -> AsyncIterator[ListedDevice]:
        """Give the devices by serial number, the live one of each before those that were removed.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        statement = (
            select(DeviceRow, AccountRow.email)
            .outerjoin(AccountRow, col(DeviceRow.assigned_to) == AccountRow.id)
            .where(DeviceRow.workspace == workspace)
            .order_by(DeviceRow.serial, col(DeviceRow.removed), DeviceRow.id)
        )
        async with self._reading() as session:
            await _known(session, workspace)
            async for device, email in await session.stream(statement):
                yield ListedDevice(device.serial, device.policy, email, device.removed)

    async def add_device(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
    ) -> ListedDevice:
        """Enrol a device, assigned to whom an e-mail of the MDM Portal names.

        One that was removed comes back so; its removal stays on record beside it.

        :raises SerialExists: when the inventory has it.
        :raises UnknownPolicy: when there is none of this name.
        :raises UnknownEmail: when no live MDM account has it.
        """
        _check_name("a serial number", serial)
        async with self._writing(workspace) as session:
            if policy is not None and await session.get(PolicyRow, (workspace, policy)) is None:
                raise UnknownPolicy(workspace, policy)
            owner = None
            if assigned_to is not None:
                owner = await _mdm_account(session, workspace, assigned_to)
            if await _device(session, workspace, serial) is not None:
                raise SerialExists(workspace, serial)
            device = DeviceRow(id=uuid4().hex, workspace=workspace, serial=serial, policy=policy)
            device.assigned_to = None if owner is None else owner.id
            session.add(device)
            return ListedDevice(serial, policy, None if owner is None else owner.email)

    async def assign_device(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        """Assign a device to a live MDM account, or to nobody.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownSerial: when there is no such device in the inventory.
        :raises UnknownEmail: when no live MDM account has it.
        """
        async with self._writing(workspace, known=True) as session:
            owner = None if email is None else await _mdm_account(session, workspace, email)
            device = await _device(session, workspace, serial)
            if device is None:
                raise await _no_device(session, workspace, serial)
            device.assigned_to = None if owner is None else owner.id
            session.add(device)
            return ListedDevice(serial, device.policy, None if owner is None else owner.email)

    # --- accounts -------------------------------------------------------------------------

    async def list_accounts(self, workspace: str) -> AsyncIterator[ListedAccount]:
        """Give the accounts by portal, the live ones by e-mail, then the removed ones.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        statement = (
            listed_accounts()
            .where(AccountRow.workspace == workspace)
            .order_by(
                AccountRow.portal,
                col(AccountRow.removed),
                col(AccountRow.email_key),
                col(AccountRow.created_at),
                col(AccountRow.id),
            )
        )
        async with self._reading() as session:
            await _known(session, workspace)
            async for row in await session.stream(statement):
                yield listed(row)

    async def add_account(
        self, workspace: str, portal: Portal, email: str, *, role: Role | None = None
    ) -> ListedAccount:
        """Make an account, as the platform would for somebody who is in no directory.

        :param role: on the dashboard only, where Viewer is the default.
        :raises EmailExists: when a live account of the portal has the e-mail.
        :raises RoleElsewhere: when a role is given on another portal.
        """
        _check_email(email)
        if portal is not Portal.DASHBOARD and role is not None:
            raise RoleElsewhere(portal)
        if portal is Portal.DASHBOARD:
            role = role or Role.VIEWER
        async with self._writing(workspace) as session:
            if await _live_account(session, workspace, portal, email) is not None:
                raise EmailExists(workspace, portal, email)
            account = AccountRow(
                id=uuid4().hex,
                workspace=workspace,
                portal=portal.value,
                email=trimmed(email),
                email_key=name_key(email),
                role=None if role is None else role.value,
                own_role=None if role is None else role.value,
                created_at=self.clock(),
            )
            session.add(account)
            try:
                await session.flush()
            except IntegrityError:  # a worker was quicker
                raise EmailExists(workspace, portal, email) from None
            if role is Role.ADMIN:
                await self._free(session, admin_obstacle(workspace))
            return await _shown(session, account)

    async def release_account(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Hand an account over to whichever connection holds it; again, that changes nothing.

        :raises NothingProtected: when accounts of the portal have no role.
        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownEmail: when no live account of the portal has the e-mail.
        """
        if portal is not Portal.DASHBOARD:
            raise NothingProtected(portal)
        async with self._writing(workspace, known=True) as session:
            account = await _live_account(session, workspace, portal, email)
            if account is None:
                raise UnknownEmail(workspace, portal, email)
            account.released = True
            session.add(account)
            await self._free(session, account_obstacle(account.id))
            return await _shown(session, account)

    # --- transactions ---------------------------------------------------------------------

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        async with self.database.snapshot() as db, AsyncSession(db) as session:
            yield session

    @asynccontextmanager
    async def _writing(self, workspace: str, *, known: bool = False) -> AsyncIterator[AsyncSession]:
        _check_name("a workspace", workspace)
        async with self.database.write() as db, AsyncSession(db) as session:
            if known:
                await _known(session, workspace)
            await make_workspaces(db, [workspace])
            await lock_workspaces(db, [workspace])
            yield session
            await session.flush()

    async def _free(self, session: AsyncSession, obstacle: str) -> None:
        await mark_freed(await session.connection(), [obstacle], self.clock())


def _check_name(what: str, name: str) -> None:
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name.strip()):
        raise UnusableName(what)


def _check_email(email: str) -> None:
    _check_name("an e-mail", email)
    before, at, after = email.rpartition("@")
    if not (before and at and after) or " " in email:
        raise UnusableEmail(email)


async def _known(session: AsyncSession, workspace: str) -> None:
    if await session.get(WorkspaceRow, workspace) is None:
        raise UnknownWorkspace(workspace)


async def _live_account(
    session: AsyncSession, workspace: str, portal: Portal, email: str
) -> AccountRow | None:
    statement = select(AccountRow).where(
        AccountRow.workspace == workspace,
        AccountRow.portal == portal.value,
        AccountRow.email_key == name_key(email),
    )
    return (await session.exec(statement.with_for_update())).one_or_none()


async def _mdm_account(session: AsyncSession, workspace: str, email: str) -> AccountRow:
    account = await _live_account(session, workspace, Portal.MDM, email)
    if account is None:
        raise UnknownEmail(workspace, Portal.MDM, email)
    return account


async def _device(session: AsyncSession, workspace: str, serial: str) -> DeviceRow | None:
    """Return the live device; those that were removed are history."""
    statement = _devices(workspace, serial).where(~col(DeviceRow.removed))
    return (await session.exec(statement.with_for_update())).one_or_none()


async def _no_device(session: AsyncSession, workspace: str, serial: str) -> UnknownSerial:
    removed = (await session.exec(_devices(workspace, serial).limit(1))).one_or_none()
    known = RemovedSerial if removed is not None else UnknownSerial
    return known(workspace, serial)


def _devices(workspace: str, serial: str) -> SelectOfScalar[DeviceRow]:
    return select(DeviceRow).where(DeviceRow.workspace == workspace, DeviceRow.serial == serial)


async def _shown(session: AsyncSession, account: AccountRow) -> ListedAccount:
    statement = listed_accounts().where(AccountRow.id == account.id)
    return listed((await session.exec(statement)).one())
