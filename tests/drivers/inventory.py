"""What do accounts, devices and conflicts do without a database? Twins of the worker's, in memory.

They have what routes and use cases need, and pass ``tests/conformance/test_inventory.py``.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

from contracts.downstream.accounts import ALL_ACCOUNTS, AccountFilter, ListedAccount
from contracts.downstream.conflicts import ListedConflict
from contracts.downstream.devices import (
    ALL_DEVICES,
    DeviceBackground,
    DeviceCounts,
    DeviceFilter,
    ListedDevice,
)
from contracts.downstream.histories import Holder
from contracts.downstream.pages import Key, Page
from contracts.names import name_key
from contracts.portals import PORTALS
from contracts.rules import Portal, Role
from worker.errors import (
    EmailExists,
    PortalWithoutProtection,
    PortalWithoutRoles,
    RemovedSerial,
    SerialExists,
    UnknownAccount,
    UnknownConflict,
    UnknownDevice,
    UnknownEmail,
    UnknownSerial,
    UnknownWorkspace,
)

T = TypeVar("T")


@dataclass(slots=True)
class Stored:
    """The workspaces, accounts and devices of a downstream; a key has the workspace and the id."""

    workspaces: set[str] = field(default_factory=set)
    accounts: dict[tuple[str, str], ListedAccount] = field(default_factory=dict)
    devices: dict[tuple[str, str], ListedDevice] = field(default_factory=dict)
    conflicts: dict[tuple[str, str, str], ListedConflict] = field(default_factory=dict)

    def check_known(self, workspace: str) -> None:
        if workspace not in self.workspaces:
            raise UnknownWorkspace(workspace)


@dataclass(frozen=True, slots=True)
class AccountsInMemory:
    """The Accounts of such a downstream."""

    stored: Stored

    async def of_workspace(
        self, workspace: str, chosen: AccountFilter = ALL_ACCOUNTS, *, most: int | None = None
    ) -> AsyncIterator[ListedAccount]:
        found = sorted(
            self._chosen(workspace, chosen),
            key=lambda it: (it.portal, it.removed, name_key(it.email or ""), it.id),
        )
        for account in found[:most]:
            yield account

    async def page(
        self,
        workspace: str,
        chosen: AccountFilter = ALL_ACCOUNTS,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedAccount]:
        keyed = [(it, (it.portal.value, it.id)) for it in self._chosen(workspace, chosen)]
        return _page(keyed, after, most)

    def _chosen(self, workspace: str, chosen: AccountFilter) -> list[ListedAccount]:
        self.stored.check_known(workspace)
        return [
            it
            for (owner, _), it in self.stored.accounts.items()
            if owner == workspace
            and chosen.portal in {None, it.portal}
            and chosen.connection in {None, it.connection}
            and chosen.role in {None, it.role}
            and chosen.removed in {None, it.removed}
            and (chosen.email is None or name_key(chosen.email) == name_key(it.email or ""))
        ]

    async def find(self, workspace: str, account: str) -> ListedAccount:
        found = self.stored.accounts.get((workspace, account))
        if found is None:
            raise UnknownAccount(workspace)
        return found

    async def at(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        chosen = AccountFilter(portal=portal, email=email, removed=False)
        for account in self._chosen(workspace, chosen):
            return account
        raise UnknownEmail(workspace, portal)

    async def emails(self, workspace: str, accounts: Sequence[str]) -> Mapping[str, str]:
        found = (self.stored.accounts.get((workspace, id_)) for id_ in accounts)
        return {it.id: it.email for it in found if it is not None and it.email}

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, ListedAccount]:
        return {
            it.identity: it
            for it in self.stored.accounts.values()
            if it.identity is not None and it.connection == connection and it.identity in identities
        }

    async def add(
        self,
        workspace: str,
        portal: Portal,
        email: str,
        *,
        role: Role | None = None,
        id_: str | None = None,
    ) -> ListedAccount:
        if role is not None and not PORTALS[portal].has_roles:
            raise PortalWithoutRoles(portal)
        if PORTALS[portal].has_roles:
            role = role or Role.VIEWER
        self.stored.workspaces.add(workspace)
        if self._chosen(workspace, AccountFilter(portal=portal, email=email)):
            raise EmailExists(workspace, portal)
        made = ListedAccount(
            portal, email, role, (), removed=False, own_role=role, id=id_ or uuid4().hex
        )
        self.stored.accounts[workspace, made.id] = made
        return made

    async def release(self, workspace: str, account: str) -> ListedAccount:
        self.stored.check_known(workspace)
        found = await self.find(workspace, account)
        if found.removed:
            raise UnknownAccount(workspace)
        if not PORTALS[found.portal].has_roles:
            raise PortalWithoutProtection(found.portal)
        released = replace(found, released=True, protected=False)
        self.stored.accounts[workspace, account] = released
        return released


@dataclass(frozen=True, slots=True)
class DevicesInMemory:
    """The Devices of such a downstream. Policies are not checked."""

    stored: Stored

    async def of_workspace(
        self, workspace: str, chosen: DeviceFilter = ALL_DEVICES, *, most: int | None = None
    ) -> AsyncIterator[ListedDevice]:
        for device, _ in sorted(self._keyed(workspace, chosen), key=lambda it: it[1])[:most]:
            yield device

    async def page(
        self,
        workspace: str,
        chosen: DeviceFilter = ALL_DEVICES,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedDevice]:
        return _page(self._keyed(workspace, chosen), after, most)

    def _keyed(self, workspace: str, chosen: DeviceFilter) -> list[tuple[ListedDevice, Key]]:
        self.stored.check_known(workspace)
        owner = chosen.assigned_to
        return [
            (it, (it.serial, int(it.removed), it.id))
            for (at, _), it in self.stored.devices.items()
            if at == workspace
            and chosen.serial in {None, it.serial}
            and chosen.policy in {None, it.policy}
            and chosen.removed in {None, it.removed}
            and chosen.assigned in {None, it.account is not None}
            and (owner is None or name_key(owner) == name_key(it.assigned_to or ""))
        ]

    async def backgrounds(
        self, workspace: str, devices: Sequence[str]
    ) -> Mapping[str, DeviceBackground]:
        accounts = {it.id: it for it in self.stored.accounts.values()}
        found: dict[str, DeviceBackground] = {}
        for (owner, _), it in self.stored.devices.items():
            account = accounts.get(it.account or "")
            holder = Holder(account.connection, account.identity) if account else None
            if it.id in devices and owner == workspace:
                found[it.id] = DeviceBackground(holder)
        return found

    async def counts(self, workspace: str) -> DeviceCounts:
        every = [device for device, _ in self._keyed(workspace, ALL_DEVICES)]
        live = [it for it in every if not it.removed]
        assigned = sum(it.account is not None for it in live)
        by_policy = Counter(it.policy for it in live)
        return DeviceCounts(len(live), assigned, len(every) - len(live), by_policy)

    async def find(self, workspace: str, device: str) -> ListedDevice:
        found = self.stored.devices.get((workspace, device))
        if found is None:
            raise UnknownDevice(workspace)
        return found

    async def with_serial(self, workspace: str, serial: str) -> ListedDevice:
        async for device in self.of_workspace(workspace, DeviceFilter(serial=serial)):
            return device
        raise UnknownSerial(workspace)

    async def serials(self, workspace: str, devices: Sequence[str]) -> Mapping[str, str]:
        found = (self.stored.devices.get((workspace, id_)) for id_ in devices)
        return {it.id: it.serial for it in found if it is not None}

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, Sequence[ListedDevice]]:
        held = await AccountsInMemory(self.stored).held_by(connection, identities)
        devices = self.stored.devices.values()
        found = {
            identity: [it for it in devices if it.account == account.id and not it.removed]
            for identity, account in held.items()
        }
        return {identity: those for identity, those in found.items() if those}

    async def add(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
        id_: str | None = None,
    ) -> ListedDevice:
        self.stored.workspaces.add(workspace)
        account, email = await self._owner(workspace, assigned_to)
        if self._keyed(workspace, DeviceFilter(serial=serial, removed=False)):
            raise SerialExists(workspace)
        new = id_ or uuid4().hex
        return self._put(workspace, ListedDevice(serial, policy, email, id=new, account=account))

    async def assign(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        self.stored.check_known(workspace)
        account, known = await self._owner(workspace, email)
        device = await self._live(workspace, serial)
        return self._put(workspace, replace(device, assigned_to=known, account=account))

    async def change_policy(self, workspace: str, serial: str, policy: str | None) -> ListedDevice:
        device = await self._live(workspace, serial)
        return self._put(workspace, replace(device, policy=policy))

    async def remove(self, workspace: str, serial: str) -> ListedDevice:
        device = await self._live(workspace, serial)
        gone = replace(device, removed=True, assigned_to=None, account=None)
        return self._put(workspace, gone)

    async def _owner(self, workspace: str, email: str | None) -> tuple[str | None, str | None]:
        if email is None:
            return None, None
        found = await AccountsInMemory(self.stored).at(workspace, Portal.MDM, email)
        return found.id, found.email

    async def _live(self, workspace: str, serial: str) -> ListedDevice:
        device = await self.with_serial(workspace, serial)
        if device.removed:
            raise RemovedSerial(workspace)
        return device

    def _put(self, workspace: str, device: ListedDevice) -> ListedDevice:
        self.stored.devices[workspace, device.id] = device
        return device


@dataclass(frozen=True, slots=True)
class ConflictsInMemory:
    """Conflicts that a test has put there; nothing but their end is done downstream."""

    stored: Stored

    async def page(
        self,
        workspace: str,
        *,
        connection: str | None = None,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedConflict]:
        keyed = [
            (it, (it.identity, it.connection))
            for (owner, _, _), it in self.stored.conflicts.items()
            if owner == workspace and connection in {None, it.connection}
        ]
        return _page(keyed, after, most)

    async def find(self, workspace: str, connection: str, identity: str) -> ListedConflict:
        found = self.stored.conflicts.get((workspace, connection, identity))
        if found is None:
            raise UnknownConflict(connection)
        return found

    async def release(self, workspace: str, connection: str, identity: str, account: str) -> None:
        await self._end(workspace, connection, identity)

    async def move(
        self, workspace: str, connection: str, identity: str, account: str, to: str
    ) -> ListedAccount | None:
        await self._end(workspace, connection, identity)
        return None

    async def _end(self, workspace: str, connection: str, identity: str) -> None:
        await self.find(workspace, connection, identity)
        del self.stored.conflicts[workspace, connection, identity]


def _page(keyed: Sequence[tuple[T, Key]], after: Key | None, most: int) -> Page[T]:
    later = sorted((it for it in keyed if after is None or it[1] > after), key=lambda it: it[1])
    return Page.of(later[: most + 1], most)
