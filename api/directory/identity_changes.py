"""Which identities does a write concern, and in which lane? Pure: states in, states out."""

from dataclasses import dataclass, replace

from contracts.identity_changed import Profile
from contracts.rules import DeactivationAction
from contracts.topology import Lane


@dataclass(frozen=True, slots=True)
class SeenUser:
    """What a SCIM User says that matters downstream."""

    active: bool
    profile: Profile
    role_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityState:
    """What is released of an identity. Versions and times are microseconds since the epoch."""

    version: int
    active: bool
    ever_active: bool
    profile: Profile
    role_names: tuple[str, ...] = ()
    deleted: bool = False
    deactivated_at: int = 0
    deactivation: DeactivationAction | None = None
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """The new state of an identity, and how urgently it has to be published."""

    state: IdentityState
    lane: Lane


def next_version(previous: int, now: int) -> int:
    """Return a version newer than the previous one, close to the clock (microseconds).

    The clock lets a directory that was restored from a backup still move forward.
    """
    return max(previous + 1, now)


def after_creation(seen: SeenUser, now: int) -> IdentityChange:
    """Return the first state of an identity. A joiner can wait: bulk."""
    state = IdentityState(
        version=now,
        active=seen.active,
        ever_active=seen.active,
        profile=seen.profile,
        role_names=seen.role_names,
    )
    return IdentityChange(state, Lane.BULK)


def after_update(
    before: IdentityState, seen: SeenUser, on_deactivate: DeactivationAction, now: int
) -> IdentityChange | None:
    """Return the state after a PUT or PATCH, or None where nothing changed that matters.

    The profile of somebody who left stays as it was: what arrives with or after a deactivation
    waits for the reactivation. Roles and groups follow always, downwards too.
    """
    waits = before.ever_active and not seen.active
    seen_state = replace(
        before,
        active=seen.active,
        ever_active=before.ever_active or seen.active,
        profile=before.profile if waits else seen.profile,
        role_names=seen.role_names,
    )
    if seen_state == before:
        return None
    version = next_version(before.version, now)
    state = replace(seen_state, version=version)
    if before.active and not seen.active:
        state = replace(state, deactivated_at=version, deactivation=on_deactivate)
    lane = Lane.URGENT if before.active != seen.active else Lane.BULK
    return IdentityChange(state, lane)


def after_deletion(
    before: IdentityState,
    groups: tuple[str, ...],
    on_deactivate: DeactivationAction,
    now: int,
) -> IdentityChange:
    """Return the state after a DELETE, which deactivates only who is still active.

    :param groups: the names of the groups that the identity is in while it is deleted.
    """
    version = next_version(before.version, now)
    state = replace(before, version=version, active=False, deleted=True, groups=groups)
    if before.active:
        state = replace(state, deactivated_at=version, deactivation=on_deactivate)
    return IdentityChange(state, Lane.URGENT)


def never_known(applied_version: int, now: int) -> IdentityChange:
    """Return the state of an identity that is only known downstream: deleted, and never active.

    So its account is nobody's any more, and nothing else happens to it.
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
