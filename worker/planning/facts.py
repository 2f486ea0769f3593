"""What has to be known to plan an event? Accounts, devices, sync records, as plain values."""

from dataclasses import dataclass, replace

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Portal, Role

Address = tuple[str, str, str]
"""Workspace, portal and key of an e-mail: at most one live account has it."""


@dataclass(frozen=True, slots=True, order=True)
class IdentityKey:
    """Which identity: its connection and its id there."""

    connection: str
    identity: str


def key_of_event(event: IdentityChanged) -> IdentityKey:
    """Return which identity an event is about."""
    return IdentityKey(event.connection, event.identity)


@dataclass(frozen=True, slots=True)
class Account:
    """An employee, a collaborator or an MDM employee. A removed one has no e-mail any more.

    ``own_role`` is the role that it has while no name maps to one: given by hand, or by the rule.
    ``made_by`` is the connection that made it, None where it was made by hand. ``released`` is
    set once an administrator has handed it over to whichever connection holds it.
    """

    id: str
    workspace: str
    portal: Portal
    email: str | None
    display_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    external_id: str | None = None
    role: Role | None = None
    groups: tuple[str, ...] = ()
    removed: bool = False
    own_role: Role | None = None
    made_by: str | None = None
    released: bool = False

    @property
    def made_by_hand(self) -> bool:
        """Say whether it was made by hand, and not handed over since."""
        return self.made_by is None and not self.released

    @property
    def email_key(self) -> str | None:
        """Return the form under which e-mails are compared, and unique among live accounts."""
        return None if self.email is None else name_key(self.email)

    @property
    def is_admin(self) -> bool:
        """Say whether it counts when the last Admin is looked for."""
        return self.role is Role.ADMIN and not self.removed

    def without_email(self) -> "Account":
        """Return the record that is kept of it once it is removed."""
        return replace(self, email=None, removed=True)


@dataclass(frozen=True, slots=True)
class Device:
    """A managed device. A removed one has left the inventory; ``assigned_to`` is an account."""

    id: str
    workspace: str
    serial: str
    policy: str | None = None
    assigned_to: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """How far an identity has come, and what it holds.

    ``deactivated_at`` is the version of the last deactivation that was applied. ``waiting_email``
    is the address that the account of somebody inactive takes as soon as its own one is claimed,
    or has taken; None where it does not yield. ``email_refused`` tells whether a change of the
    account's e-mail is refused at present.
    """

    key: IdentityKey
    applied_version: int = 0
    deactivated_at: int = 0
    account_id: str | None = None
    deleted: bool = False
    waiting_email: str | None = None
    email_refused: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that planning one event looks at.

    ``account`` is the one that the identity holds, ``account_with_email`` the live one that has the
    event's e-mail (often the same), ``its_holder`` the undeleted identity that holds the latter.
    ``devices`` are those assigned to either. ``done`` are the device actions that this deactivation
    has had. ``admins`` counts the live Admins of the workspace. ``yielding`` are the account with
    the e-mail as it is once it has yielded it, and before it, as they are then, the accounts that
    make way for it; none where it does not yield. ``in_its_way`` is the address of the account that
    makes no way.
    ``newest_is_taken``: whether another live account has the address that the provider sent last.
    """

    record: SyncRecord
    new_account_id: str
    account: Account | None = None
    account_with_email: Account | None = None
    its_holder: IdentityKey | None = None
    devices: tuple[Device, ...] = ()
    done: frozenset[tuple[str, str]] = frozenset()
    policies: frozenset[str] = frozenset()
    admins: int = 0
    yielding: tuple[Account, ...] = ()
    in_its_way: str | None = None
    newest_is_taken: bool = False
