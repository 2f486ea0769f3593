"""Which devices are managed, and who has them? Devices are listed, enrolled and changed by hand."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from contracts.downstream.histories import Holder
from contracts.downstream.pages import Key, Page


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as it is listed; ``account`` has it, and ``assigned_to`` is the account's e-mail.

    Devices are equal that show the same, whatever their ids: a device that was removed and is
    enrolled again has another id.
    """

    serial: str
    policy: str | None
    assigned_to: str | None
    removed: bool = False
    id: str = field(default="", compare=False)
    account: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """The conditions for listed devices, which meet all of them.

    ``assigned_to`` is the e-mail of an account, ``assigned`` whether any account has the device.
    """

    serial: str | None = None
    policy: str | None = None
    assigned_to: str | None = None
    removed: bool | None = None
    assigned: bool | None = None


ALL_DEVICES = DeviceFilter()


@dataclass(frozen=True, slots=True)
class TakenByRule:
    """The last time that a rule did something to a device, because an identity had left.

    ``action`` is ``release``, ``change-policy`` or ``remove``, and ``at`` is in microseconds since
    the epoch.
    """

    action: str
    at: int
    connection: str
    identity: str


@dataclass(frozen=True, slots=True)
class DeviceBackground:
    """The identity that holds the account with a device, and what rules did to the device last.

    ``holder`` is None where no account has the device, and has no identity where the account was
    made by hand.
    """

    holder: Holder | None = None
    taken: tuple[TakenByRule, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceCounts:
    """The numbers of the devices of a workspace.

    ``live`` is in the inventory, and ``assigned`` are those of the live that accounts have.
    ``by_policy`` counts the live under each policy; None: under no policy.
    """

    live: int = 0
    assigned: int = 0
    removed: int = 0
    by_policy: Mapping[str | None, int] = field(default_factory=dict)


class Devices(Protocol):
    """The devices of all workspaces downstream."""

    def of_workspace(
        self, workspace: str, chosen: DeviceFilter = ALL_DEVICES, *, most: int | None = None
    ) -> AsyncIterator[ListedDevice]:
        """Yield the devices by serial number; of each number, the live device comes first.

        :param most: the number after which the list ends; None: all.
        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def page(
        self,
        workspace: str,
        chosen: DeviceFilter = ALL_DEVICES,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedDevice]:
        """Return a page of devices, in the same order.

        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def find(self, workspace: str, device: str) -> ListedDevice:
        """Return the device with an id, in the inventory or removed.

        :raises DownstreamError: when the workspace has no such device.
        """
        ...

    async def with_serial(self, workspace: str, serial: str) -> ListedDevice:
        """Return the device with a serial number, a removed one where none is in the inventory.

        :raises DownstreamError: when the workspace never had such a device.
        """
        ...

    async def serials(self, workspace: str, devices: Sequence[str]) -> Mapping[str, str]:
        """Return the serial numbers of devices by their ids, of removed ones too.

        Those that the workspace never had are missing.

        :param devices: some hundreds of ids.
        """
        ...

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, Sequence[ListedDevice]]:
        """Return the live devices of each identity that has any, by serial number."""
        ...

    async def backgrounds(
        self, workspace: str, devices: Sequence[str]
    ) -> Mapping[str, DeviceBackground]:
        """Return the backgrounds of devices by id: the holder, and the last actions of rules.

        The newest action of each kind is told. Devices of other workspaces are missing.
        """
        ...

    async def counts(self, workspace: str) -> DeviceCounts:
        """Return the numbers of the devices of a workspace.

        :raises DownstreamError: when there is no such workspace.
        """
        ...

    async def add(
        self,
        workspace: str,
        serial: str,
        *,
        policy: str | None = None,
        assigned_to: str | None = None,
        id_: str | None = None,
    ) -> ListedDevice:
        """Enrol a device, and make a missing workspace; a removed device comes back as a new one.

        :param assigned_to: the e-mail of a live MDM account.
        :param id_: the id that the device gets, so that a caller knows it before; else any.
        :raises DownstreamError: when the inventory has the serial number, or policy or account are
            not there, or a name is not usable.
        """
        ...

    async def assign(self, workspace: str, serial: str, email: str | None) -> ListedDevice:
        """Assign a device to a live MDM account, or end its assignment where the e-mail is None.

        :raises DownstreamError: when workspace, device or account are not there.
        """
        ...

    async def change_policy(self, workspace: str, serial: str, policy: str | None) -> ListedDevice:
        """Put a device under a policy, or under none.

        :raises DownstreamError: when workspace, device or policy are not there.
        """
        ...

    async def remove(self, workspace: str, serial: str) -> ListedDevice:
        """Take a device out of the inventory, and end its assignment. No wipe is sent.

        :raises DownstreamError: when workspace or device are not there.
        """
        ...
