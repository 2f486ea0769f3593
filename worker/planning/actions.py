"""What can be done downstream? Actions, refusals, and the plan that holds them."""

from dataclasses import dataclass
from enum import StrEnum

from worker.planning.facts import Account, Device, SyncRecord


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """Make an account; like the other account actions it shows the state afterwards."""

    account: Account


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Assert attributes, role and groups."""

    account: Account


@dataclass(frozen=True, slots=True)
class RestoreAccount:
    """Bring a removed account back, under the id that it had."""

    account: Account


@dataclass(frozen=True, slots=True)
class RemoveAccount:
    """Remove an account; the record stays for the audit."""

    account: Account


@dataclass(frozen=True, slots=True)
class YieldAddress:
    """Let the account of somebody inactive take the newest address, and free the old one."""

    account: Account


@dataclass(frozen=True, slots=True)
class LinkAccount:
    """Let the identity hold an account that exists already."""

    account: Account


@dataclass(frozen=True, slots=True)
class UnlinkAccount:
    """Let go of an account that stays, with the role that it keeps."""

    account: Account


@dataclass(frozen=True, slots=True)
class ReleaseDevice:
    """Take the assignment off a device; like the other device actions, the state afterwards."""

    device: Device


@dataclass(frozen=True, slots=True)
class ChangeDevicePolicy:
    """Put a device under another policy."""

    device: Device


@dataclass(frozen=True, slots=True)
class RemoveDevice:
    """Take a device out of the inventory. No wipe is sent."""

    device: Device


AccountAction = CreateAccount | ChangeAccount | RestoreAccount | RemoveAccount
LinkAction = LinkAccount | UnlinkAccount
DeviceAction = ReleaseDevice | ChangeDevicePolicy | RemoveDevice
Action = AccountAction | YieldAddress | LinkAction | DeviceAction


class DeviceActionKind(StrEnum):
    """How the ledger names what was done to a device."""

    RELEASE = "release"
    CHANGE_POLICY = "change-policy"
    REMOVE = "remove"


class Reason(StrEnum):
    """Why an action is refused."""

    CONFLICT = "conflict"
    LAST_ADMIN = "last_admin"
    UNKNOWN_POLICY = "unknown_policy"
    NO_EMAIL = "no_email"
    PROTECTED = "protected"
    LEFT = "left"


class RefusedAction(StrEnum):
    """What is refused."""

    PROVIDE_ACCOUNT = "provide_account"
    CHANGE_EMAIL = "change_email"
    CHANGE_ROLE = "change_role"
    DEACTIVATE = "deactivate"


@dataclass(frozen=True, slots=True)
class Refused:
    """An action that waits until its obstacle is gone.

    ``obstacle`` is None where only the provider can help, or an operator (``no_email``, ``left``).
    """

    action: RefusedAction
    reason: Reason
    obstacle: str | None = None


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    REFUSED = "refused"
    STALE = "stale"
    DUPLICATE = "duplicate"


def outdated(version: int, applied_version: int) -> Outcome | None:
    """Say why an event of a version has nothing to tell any more; None where it has."""
    if version > applied_version:
        return None
    return Outcome.DUPLICATE if version == applied_version else Outcome.STALE


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about an event: actions in order, and the sync record afterwards."""

    outcome: Outcome
    record: SyncRecord
    actions: tuple[Action, ...] = ()
    refusals: tuple[Refused, ...] = ()
