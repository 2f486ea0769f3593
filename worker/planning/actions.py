"""What can be done downstream? A plan holds actions and refusals of these kinds."""

from enum import StrEnum

from worker.planning.facts import Account, Device, SyncRecord
from worker.planning.values import value


@value(frozen=True, slots=True)
class CreateAccount:
    """Make an account.

    ``account`` is the account as it is afterwards, in this and every account action.
    """

    account: Account


@value(frozen=True, slots=True)
class ChangeAccount:
    """Assert attributes, role and groups on an account."""

    account: Account


@value(frozen=True, slots=True)
class RestoreAccount:
    """Bring a removed account back, under its former id."""

    account: Account


@value(frozen=True, slots=True)
class RemoveAccount:
    """Remove an account, which is kept for the audit without its e-mail."""

    account: Account


@value(frozen=True, slots=True)
class YieldAddress:
    """Give the account of an inactive identity its newest address, and free the old one."""

    account: Account


@value(frozen=True, slots=True)
class LinkAccount:
    """Let the identity hold an existing account."""

    account: Account


@value(frozen=True, slots=True)
class UnlinkAccount:
    """End the hold on an account, which stays with a role of its own."""

    account: Account


@value(frozen=True, slots=True)
class ReleaseDevice:
    """End the assignment of a device.

    ``device`` is the device as it is afterwards, in this and every device action.
    """

    device: Device


@value(frozen=True, slots=True)
class ChangeDevicePolicy:
    """Put a device under another policy."""

    device: Device


@value(frozen=True, slots=True)
class RemoveDevice:
    """Take a device out of the inventory. No wipe is sent."""

    device: Device


AccountAction = CreateAccount | ChangeAccount | RestoreAccount | RemoveAccount
LinkAction = LinkAccount | UnlinkAccount
DeviceAction = ReleaseDevice | ChangeDevicePolicy | RemoveDevice
Action = AccountAction | YieldAddress | LinkAction | DeviceAction


class DeviceActionKind(StrEnum):
    """The names of device actions in the ledger."""

    RELEASE = "release"
    CHANGE_POLICY = "change-policy"
    REMOVE = "remove"


class Reason(StrEnum):
    """The reasons for refusing an action."""

    CONFLICT = "conflict"
    LAST_ADMIN = "last_admin"
    UNKNOWN_POLICY = "unknown_policy"
    NO_EMAIL = "no_email"
    PROTECTED = "protected"
    LEFT = "left"


class RefusedAction(StrEnum):
    """The kinds of actions that can be refused."""

    PROVIDE_ACCOUNT = "provide_account"
    CHANGE_EMAIL = "change_email"
    CHANGE_ROLE = "change_role"
    DEACTIVATE = "deactivate"


@value(frozen=True, slots=True)
class Refused:
    """An action that waits until its obstacle is gone.

    ``obstacle`` is None where only the provider or an operator can help (``no_email``, ``left``).
    """

    action: RefusedAction
    reason: Reason
    obstacle: str | None = None


class Outcome(StrEnum):
    """The outcomes of an event."""

    APPLIED = "applied"
    REFUSED = "refused"
    STALE = "stale"
    DUPLICATE = "duplicate"


def outdated(version: int, applied_version: int) -> Outcome | None:
    """Return why an event of this version is obsolete, None where it is newer than the applied."""
    if version > applied_version:
        return None
    return Outcome.DUPLICATE if version == applied_version else Outcome.STALE


@value(frozen=True, slots=True)
class Plan:
    """The decision about an event: actions in order, and the sync record afterwards."""

    outcome: Outcome
    record: SyncRecord
    actions: tuple[Action, ...] = ()
    refusals: tuple[Refused, ...] = ()
