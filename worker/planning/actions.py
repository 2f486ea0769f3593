"""What can be done downstream? Actions, refusals, and the plan that holds them."""

from dataclasses import dataclass
from enum import StrEnum

from contracts.names import name_key
from contracts.rules import Portal
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


# Obstacles are looked up by these names when something goes out of the way.


def email_obstacle(workspace: str, portal: Portal, email: str) -> str:
    """Name the obstacle that somebody else has this e-mail."""
    return f"email:{workspace}:{portal}:{name_key(email)}"


def admin_obstacle(workspace: str) -> str:
    """Name the obstacle that the workspace has no other Admin."""
    return f"admin:{workspace}"


def policy_obstacle(workspace: str, policy: str) -> str:
    """Name the obstacle that the workspace has no such policy."""
    return f"policy:{workspace}:{policy}"


def account_obstacle(account_id: str) -> str:
    """Name the obstacle that an account is not released."""
    return f"account:{account_id}"


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


def freed_obstacles(before: Account | None, after: Account, *, held: bool) -> frozenset[str]:
    """Return the obstacles that a change of an account takes out of others' way.

    :param before: the account before the change, None where it is new.
    :param held: whether an undeleted identity holds it afterwards.
    """
    freed = set()
    lost = not held or (before is not None and before.email_key != after.email_key)
    if before is not None and before.email is not None and lost:
        freed.add(email_obstacle(after.workspace, after.portal, before.email))
    if after.is_admin and not (before is not None and before.is_admin):
        freed.add(admin_obstacle(after.workspace))
    return frozenset(freed)
