"""How does a write change an identity? A change holds its next state and its lane. Pure."""

import re
from dataclasses import dataclass, replace

from contracts.identity_changed import Profile
from contracts.names import name_key
from contracts.rules import DeactivationAction
from contracts.topology import Lane

OBJECT_ID_LENGTH = 32
OBJECT_ID = re.compile(rf"[0-9a-fA-F]{{{OBJECT_ID_LENGTH}}}")
"""The id of a deleted object, which providers prepend to the name of a person they delete."""


@dataclass(frozen=True, slots=True)
class ReleasedAttributes:
    """The attributes of a SCIM User that its events tell downstream."""

    active: bool
    profile: Profile
    role_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityState:
    """The released state of an identity. Versions and times are microseconds since the epoch.

    ``told_at`` is the version at which the provider last changed the user; 0 where it is unknown.
    """

    version: int
    active: bool
    ever_active: bool
    profile: Profile
    role_names: tuple[str, ...] = ()
    deleted: bool = False
    deactivated_at: int = 0
    deactivation: DeactivationAction | None = None
    groups: tuple[str, ...] | None = None
    told_at: int = 0


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """The new state of an identity, and the lane in which it is published."""

    state: IdentityState
    lane: Lane


def next_version(previous: int, now: int) -> int:
    """Return a version newer than the previous one, close to the clock (microseconds).

    The clock lets a directory that was restored from a backup still move forward.
    """
    return max(previous + 1, now)


def after_creation(sent: ReleasedAttributes, now: int) -> IdentityChange:
    """Return the first state of an identity. A joiner can wait: bulk."""
    state = IdentityState(
        version=now,
        active=sent.active,
        ever_active=sent.active,
        profile=sent.profile,
        role_names=sent.role_names,
        told_at=now,
    )
    return IdentityChange(state, Lane.BULK)


def after_update(
    before: IdentityState, sent: ReleasedAttributes, on_deactivate: DeactivationAction, now: int
) -> IdentityChange | None:
    """Return the state after a PUT or PATCH, or None where it changes nothing downstream.

    The profile of a leaver stays as it was: changes with or after a deactivation wait for the
    reactivation, as does the rename of a person who is about to be deleted. Roles and groups
    follow always, downwards too.
    """
    leaves = before.ever_active and not sent.active
    waits = leaves or _is_about_to_be_deleted(before.profile, sent.profile)
    waiting = _waiting_email(before.profile, sent.profile) if leaves else None
    next_state = replace(
        before,
        active=sent.active,
        ever_active=before.ever_active or sent.active,
        profile=_with_waiting(before.profile, waiting) if waits else sent.profile,
        role_names=sent.role_names,
    )
    if next_state == before:
        return None
    version = next_version(before.version, now)
    is_deactivated = before.active and not sent.active
    state = replace(
        next_state,
        version=version,
        told_at=version,
        deactivated_at=version if is_deactivated else before.deactivated_at,
        deactivation=on_deactivate if is_deactivated else before.deactivation,
    )
    lane = Lane.URGENT if before.active != sent.active else Lane.BULK
    return IdentityChange(state, lane)


def _is_about_to_be_deleted(known: Profile, sent: Profile) -> bool:
    """Return whether a name or an address was sent with the id of a deleted object before it."""
    return _is_renamed(known.user_name, sent.user_name) or _is_renamed(known.email, sent.email)


def _is_renamed(known: str | None, sent: str | None) -> bool:
    if not known or not sent or not OBJECT_ID.match(sent):
        return False
    return name_key(sent[OBJECT_ID_LENGTH:]) == name_key(known)


def _waiting_email(known: Profile, sent: Profile) -> str | None:
    """Return the newest address of an inactive person, if it differs from the known one.

    A userName with an address, renamed for a deletion, counts as the newest address: its person has
    no right to the old one either.
    """
    newest = sent.email
    if newest is None or known.email is None:
        return None
    if name_key(newest) != name_key(known.email):
        return newest
    is_renamed = _is_renamed(known.user_name, sent.user_name) and "@" in sent.user_name
    return sent.user_name if is_renamed else None


def _with_waiting(known: Profile, waiting: str | None) -> Profile:
    if known.waiting_email == waiting:
        return known
    return known.model_copy(update={"waiting_email": waiting})


def after_deletion(
    before: IdentityState,
    groups: tuple[str, ...],
    on_deactivate: DeactivationAction,
    now: int,
) -> IdentityChange:
    """Return the state after a DELETE, which deactivates an identity only if it is active.

    :param groups: the names of the identity's groups at its deletion.
    """
    version = next_version(before.version, now)
    state = replace(
        before, version=version, active=False, deleted=True, groups=groups, told_at=version
    )
    if before.active:
        state = replace(state, deactivated_at=version, deactivation=on_deactivate)
    return IdentityChange(state, Lane.URGENT)


def never_known(applied_version: int, now: int) -> IdentityChange:
    """Return the state of an identity that only downstream knows: deleted, and never active.

    Its event releases the account, and does nothing else to it.
    """
    state = IdentityState(
        version=next_version(applied_version, now),
        active=False,
        ever_active=False,
        profile=Profile(user_name=""),
        deleted=True,
        groups=(),
    )
    return IdentityChange(state, Lane.BULK)
