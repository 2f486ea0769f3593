"""How does a write change an identity? A change holds its next state and its lane. Pure.

A deactivation is not released yet: a brake judges it first (``api.directory.leavings``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from api.directory.leavings import KEPT_BACK, Earlier, Leaving
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
    """The newest state of an identity. Versions and times are microseconds since the epoch.

    ``told_at`` is the version at which the provider last changed the user; 0 where it is unknown.
    ``leaving`` says how the last deactivation stands, and is None once it is released; until then,
    ``earlier`` is the person as before it. ``locked_at`` is set while an administrator has locked
    the person, whom the provider takes for active (``api.directory.person_locks``).
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
    leaving: Leaving | None = None
    earlier: Earlier | None = None
    locked_at: int | None = None

    @property
    def told_active(self) -> bool:
        """Return whether the provider takes the person for active."""
        return self.active or self.locked_at is not None

    @property
    def kept_group_names(self) -> Mapping[str, str] | None:
        """Return the names of groups by their ids, as before a leaving that is held or waived.

        None without such a leaving, or if its row comes from an earlier version of Muster, which
        stored no ids.
        """
        if self.earlier is None or self.leaving not in KEPT_BACK:
            return None
        return self.earlier.group_names

    @property
    def released(self) -> "IdentityState":
        """Return the state that events tell: while a leaving is held or waived, the one before it.

        If no event has told of the person before, events tell of a user who was created inactive:
        no account is made, linked or removed.
        """
        earlier = self.earlier
        if self.active or earlier is None or self.leaving not in KEPT_BACK:
            return self
        if not earlier.was_told:
            never = replace(self, deleted=False, ever_active=False)
            return replace(never, deactivated_at=0, deactivation=None)
        return replace(
            self,
            active=True,
            deleted=False,
            profile=earlier.profile,
            role_names=earlier.role_names,
            groups=earlier.groups,
            deactivated_at=earlier.deactivated_at,
            deactivation=earlier.deactivation,
            told_at=earlier.told_at,
        )


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
    """Return the first state of an identity, in the bulk lane: a joiner can wait."""
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
    before: IdentityState,
    sent: ReleasedAttributes,
    on_deactivate: DeactivationAction,
    now: int,
    groups: tuple[str, ...] = (),
    group_ids: tuple[str, ...] | None = None,
) -> IdentityChange | None:
    """Return the state after a PUT or PATCH, or None where it changes nothing downstream.

    The profile of a leaver stays as it was: changes with or after a deactivation wait for the
    reactivation, as does the rename of a person who is about to be deleted. Changes of roles and
    groups never wait, even to lower ones. A lock lasts until the provider deactivates the person.

    :param groups: the names of the identity's groups, as events show them while a leaving is held.
    :param group_ids: the ids of these groups, in the same order.
    """
    locked_at = before.locked_at if sent.active else None
    if locked_at is not None:
        sent = replace(sent, active=False)
    leaves = before.ever_active and not sent.active
    waits = leaves or _is_about_to_be_deleted(before.profile, sent.profile)
    waiting = _waiting_email(before.profile, sent.profile) if leaves else None
    next_state = replace(
        before,
        active=sent.active,
        ever_active=before.ever_active or sent.active,
        profile=_with_waiting(before.profile, waiting) if waits else sent.profile,
        role_names=sent.role_names,
        locked_at=locked_at,
    )
    if next_state == before:
        return None
    version = next_version(before.version, now)
    state = replace(next_state, version=version, told_at=version)
    if before.active and not sent.active:
        state = _left(before, state, groups, group_ids, on_deactivate)
    elif sent.active and not before.active:
        state = _come_back(state)
    lane = Lane.URGENT if before.active != sent.active else Lane.BULK
    return IdentityChange(state, lane)


def _left(
    before: IdentityState,
    after: IdentityState,
    groups: tuple[str, ...],
    group_ids: tuple[str, ...] | None,
    on_deactivate: DeactivationAction,
) -> IdentityState:
    """Return a state with a new deactivation, which a brake has to judge.

    If the person has left and come back before, and no brake has judged that leaving either, the
    new one takes its place, as in a single event that tells of both.
    """
    known = before if before.earlier is None else before.earlier
    earlier = Earlier(
        profile=before.profile,
        role_names=before.role_names,
        groups=groups,
        deactivated_at=known.deactivated_at,
        deactivation=known.deactivation,
        told_at=before.told_at,
        group_ids=group_ids,
    )
    return replace(
        after,
        deactivated_at=after.version,
        deactivation=on_deactivate,
        leaving=Leaving.UNJUDGED,
        earlier=earlier,
    )


def _come_back(state: IdentityState) -> IdentityState:
    """Return a state of a person who is active again.

    A deactivation that was held or waived has never been told, and is forgotten: it must not have
    its effects now. A deactivation that is still to be judged has them if the brake lets it pass.
    """
    return forgotten(state) if state.leaving in KEPT_BACK else state


def forgotten(state: IdentityState) -> IdentityState:
    """Return a state without a deactivation that was not released."""
    if state.earlier is None:
        return replace(state, leaving=None)
    return replace(
        state,
        deactivated_at=state.earlier.deactivated_at,
        deactivation=state.earlier.deactivation,
        leaving=None,
        earlier=None,
    )


def _is_about_to_be_deleted(known: Profile, sent: Profile) -> bool:
    """Return whether the provider has put the id of a deleted object before name or address."""
    return _is_renamed(known.user_name, sent.user_name) or _is_renamed(known.email, sent.email)


def _is_renamed(known: str | None, sent: str | None) -> bool:
    if not known or not sent or not OBJECT_ID.match(sent):
        return False
    return name_key(sent[OBJECT_ID_LENGTH:]) == name_key(known)


def _waiting_email(known: Profile, sent: Profile) -> str | None:
    """Return the address that waits for the reactivation of a person, if there is one.

    It is the newest address, if that differs from the known one. If only the userName was renamed
    for a deletion, the renamed one waits if it is an address: the person has no right to the known
    address either.
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
    group_ids: tuple[str, ...] | None = None,
) -> IdentityChange:
    """Return the state after a DELETE, which deactivates an identity only if it is active.

    :param groups: the names of the identity's groups at its deletion.
    :param group_ids: the ids of these groups, in the same order.
    """
    version = next_version(before.version, now)
    state = replace(
        before,
        version=version,
        active=False,
        deleted=True,
        groups=groups,
        told_at=version,
        locked_at=None,
    )
    if before.active:
        state = _left(before, state, groups, group_ids, on_deactivate)
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
