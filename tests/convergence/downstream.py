"""What is downstream at the start and at the end? Things made by hand, and pictures to compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal, Role
from tests.convergence.directory import WORKSPACE
from tests.convergence.shared_addresses import Address, Shared
from tests.convergence.watched_world import WatchedWorld
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.facts import Account, Device, IdentityKey

POLICIES = ("locked",)


@dataclass(frozen=True)
class ByHand:
    """What the platform itself had made before the directory was connected."""

    accounts: tuple[Account, ...]
    devices: tuple[Device, ...]

    @cached_property
    def addresses(self) -> dict[str, Address]:
        """Return the address of each account at the start, by its id."""
        return {account.id: _address(account) for account in self.accounts}

    @cached_property
    def owners(self) -> dict[str, Address]:
        """Return the address of the owner of each device at the start, by the device's id."""
        return {device.id: self.addresses[device.assigned_to or ""] for device in self.devices}


def made_by_hand(portal: Portal, emails: Mapping[str, Role]) -> ByHand:
    """Return accounts with these addresses, on the MDM Portal with two devices each."""
    accounts, devices = [], []
    for number, (email, role) in enumerate(sorted(emails.items())):
        held = role if portal is Portal.DASHBOARD else None
        id_ = f"hand-{number}"
        accounts.append(Account(id_, WORKSPACE, portal, email, role=held, own_role=held))
        if portal is Portal.MDM:
            devices += [
                Device(serial, WORKSPACE, serial, "office", f"hand-{number}")
                for serial in (f"L{number}", f"P{number}")
            ]
    return ByHand(tuple(accounts), tuple(devices))


def world_with(things: ByHand) -> ToyDownstream:
    """Return a downstream that holds these things and the known policies."""
    world = WatchedWorld()
    for account in things.accounts:
        world.add_account(account)
    for device in things.devices:
        world.add_device(device)
    for policy in POLICIES:
        world.add_policy(WORKSPACE, policy)
    return world


def holders(world: ToyDownstream) -> dict[str, IdentityKey]:
    """Return the undeleted identity of each account that is held."""
    return {
        record.account_id: key
        for key, record in world.records.items()
        if record.account_id is not None and not record.deleted
    }


# --- pictures -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Picture:
    """What two downstreams are compared by; ids that were made up are left out."""

    accounts: frozenset[tuple[object, ...]]
    devices: frozenset[Device]
    refusals: frozenset[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Painter:
    """Knows what of a downstream is settled by the newest events, and shows that."""

    things: ByHand
    shared: Shared
    newest: Mapping[IdentityKey, IdentityChanged]

    def picture(self, world: ToyDownstream) -> Picture:
        """Return live accounts, devices and refusals."""
        held = holders(world)
        accounts = [it for it in world.accounts.values() if not it.removed]
        return Picture(
            frozenset(
                self._shown(account, held.get(account.id))
                for account in accounts
                if self._is_settled(account, held.get(account.id))
            ),
            frozenset(it for it in world.devices.values() if self._is_settled_device(it)),
            frozenset(
                (key, refused.action, refused.reason)
                for key, waiting in world.refused.items()
                if key not in self.shared.unsettled_identities
                and (key not in self.shared.heirs or self._is_active(key))
                for refused in waiting.refusals
            ),
        )

    def _is_settled(self, account: Account, holder: IdentityKey | None) -> bool:
        addresses = {_address(account), self.things.addresses.get(account.id)}
        return holder not in self.shared.unsettled_identities and not (
            addresses & self.shared.unsettled_addresses
        )

    def _is_settled_device(self, device: Device) -> bool:
        return self.things.owners[device.id] not in self.shared.unsettled_addresses

    def _shown(self, account: Account, holder: IdentityKey | None) -> tuple[object, ...]:
        address = _address(account)
        if address in self.shared.inherited and not self._is_active(holder):
            return address
        return (
            *address,
            holder,
            account.id if account.id in self.things.addresses else None,
            account.email,
            account.role,
            account.groups,
            account.display_name,
            account.external_id,
        )

    def _is_active(self, holder: IdentityKey | None) -> bool:
        return holder is not None and self.newest[holder].active


def _address(account: Account) -> Address:
    return account.portal, account.email_key or ""
