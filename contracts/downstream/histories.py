"""What has happened to a person downstream? A history has times of the account and of devices."""

from dataclasses import dataclass
from typing import Protocol

from contracts.rules import Portal


@dataclass(frozen=True, slots=True)
class RefusedSince:
    """An action that is refused, and since when (microseconds since the epoch)."""

    action: str
    reason: str
    since: int


@dataclass(frozen=True, slots=True)
class DeviceActionTaken:
    """An action of a deactivation on a device. Times are microseconds since the epoch.

    ``serial`` is None where the inventory has forgotten the device.
    """

    serial: str | None
    action: str
    deactivated_at: int
    at: int
    correlation_id: str


@dataclass(frozen=True, slots=True)
class History:
    """The times that downstream knows of an identity, in microseconds since the epoch.

    ``applied_at`` and ``correlation_id`` are those of the version that was applied last. An account
    has times where the identity holds one.
    """

    applied_version: int
    applied_at: int | None
    correlation_id: str
    refused: tuple[RefusedSince, ...] = ()
    device_actions: tuple[DeviceActionTaken, ...] = ()
    account_made_at: int | None = None
    account_removed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """The identity that holds an account; without one, the account was made by hand."""

    connection: str | None = None
    identity: str | None = None


class Histories(Protocol):
    """The histories of all identities."""

    async def of(self, connection: str, identity: str) -> History | None:
        """Return the history of an identity, None where downstream does not know it."""
        ...

    async def holder_of(self, workspace: str, portal: Portal, email: str) -> Holder | None:
        """Return the holder of the live account with an e-mail, None without such an account."""
        ...
