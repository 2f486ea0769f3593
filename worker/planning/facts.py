"""Which facts does planning an event need? Accounts, devices and sync records are plain values."""

from dataclasses import replace
from typing import Any, NamedTuple

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Portal, Role
from worker.planning.values import value

Address = tuple[str, str, str]
"""Workspace, portal and key of an e-mail; at most one live account has each address."""


class IdentityKey(NamedTuple):
    """The key of an identity: its connection, and its id there.

    A batch sorts its keys and looks them up some forty times for each event. A tuple, which the
    interpreter compares and hashes by itself, takes a fifth of a dataclass's time.
    """

    connection: str
    identity: str


def key_of_event(event: IdentityChanged) -> IdentityKey:
    """Return the key of the identity that an event describes."""
    return IdentityKey(event.connection, event.identity)


@value(frozen=True, slots=True)
class Account:
    """An employee, a collaborator or an MDM employee. A removed account has no e-mail.

    ``own_role`` is the role while no name maps to one: given by hand, or by the rule. ``made_by``
    is the connection that made the account, None where it was made by hand. ``released`` is set
    once an administrator has handed the account over to the connection that holds it.
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
        """Return whether the account was made by hand, and has not been released since."""
        return self.made_by is None and not self.released

    @property
    def email_key(self) -> str | None:
        """Return the comparison key of the e-mail, which is unique among live accounts."""
        return None if self.email is None else name_key(self.email)

    @property
    def may_be_admin(self) -> bool:
        """Return whether the account is an Admin's, or may be again once a mapped role ends."""
        return Role.ADMIN in {self.role, self.own_role}

    @property
    def is_admin(self) -> bool:
        """Return whether the account counts as an Admin of its workspace."""
        return self.role is Role.ADMIN and not self.removed

    def with_values(self, **values: Any) -> "Account":
        """Return the account with these values: itself where it has them all, else a copy.

        An account that an event asserts again mostly has them, and a comparison costs a sixth of a
        copy.
        """
        for name, wanted in values.items():
            if getattr(self, name) != wanted:
                return replace(self, **values)
        return self

    def without_email(self) -> "Account":
        """Return the account as it is kept for the audit after its removal."""
        return replace(self, email=None, removed=True)


@value(frozen=True, slots=True)
class Device:
    """A managed device; a removed device has left the inventory. ``assigned_to`` is an account."""

    id: str
    workspace: str
    serial: str
    policy: str | None = None
    assigned_to: str | None = None
    removed: bool = False


@value(frozen=True, slots=True)
class SyncRecord:
    """The applied version of an identity, and the account that it holds.

    ``deactivated_at`` is the version of the last deactivation that was applied. ``waiting_email``
    is the address that the account of an inactive identity takes as soon as its own one is
    claimed, or has taken; None where the account does not yield. ``email_refused`` tells whether a
    change of the account's e-mail is refused at present.
    """

    key: IdentityKey
    applied_version: int = 0
    deactivated_at: int = 0
    account_id: str | None = None
    deleted: bool = False
    waiting_email: str | None = None
    email_refused: bool = False


@value(frozen=True, slots=True)
class Facts:
    """All facts for planning one event.

    :param new_account_id: the id of an account that the plan makes, where the identity holds none.
    :param account: the account that the identity holds.
    :param account_with_email: the live account with the event's e-mail, often the same.
    :param its_holder: the undeleted identity that holds ``account_with_email``.
    :param devices: the devices assigned to either account.
    :param done: the device actions that this deactivation has taken, as ids and kinds.
    :param admins: the number of live Admins of the workspace.
    :param yielding: the accounts of the yield chain, each with its next address, in the order in
        which they move; the last is ``account_with_email``. Empty where the chain is blocked.
    :param blocking_email: the address of the account that blocks the chain.
    :param newest_is_taken: whether another live account has the provider's newest address.
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
    blocking_email: str | None = None
    newest_is_taken: bool = False
