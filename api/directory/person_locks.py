"""What does an administrator's lock change? The person leaves, whatever the provider says. Pure.

A lock is a deactivation that no brake judges. The provider's user stays as it is, and the lock ends
when the provider deactivates or deletes it, so that a locked person is one whom the provider takes
for active. All other changes of the user wait, as those of any inactive person do.
"""

from dataclasses import replace

from api.directory.identity_changes import (
    IdentityChange,
    IdentityState,
    ReleasedAttributes,
    after_update,
    next_version,
)
from contracts.rules import DeactivationAction
from contracts.topology import Lane


def after_lock(
    before: IdentityState, on_deactivate: DeactivationAction, now: int, *, beyond: int = 0
) -> IdentityChange | None:
    """Return the state after a lock, or None where a lock changes nothing.

    A leaving that a brake keeps back, or has still to judge, is released. It was the provider's, so
    that there is nothing to be unlocked later.

    :param now: the time, in microseconds.
    :param beyond: a version that downstream may know already, of a directory that was restored.
    """
    if not before.active and before.leaving is None:
        return None
    version = next_version(max(before.version, beyond), now)
    state = replace(before, version=version, leaving=None, earlier=None)
    if before.active:
        state = replace(
            state,
            active=False,
            deactivated_at=version,
            deactivation=on_deactivate,
            locked_at=now,
        )
    return IdentityChange(state, Lane.URGENT)


def after_unlock(
    before: IdentityState, sent: ReleasedAttributes, on_deactivate: DeactivationAction, now: int
) -> IdentityChange | None:
    """Return the state of a locked person who is active again, or None if no lock is set.

    :param sent: the attributes that the provider has sent meanwhile.
    """
    if before.locked_at is None:
        return None
    unlocked = replace(before, locked_at=None)
    change = after_update(unlocked, replace(sent, active=True), on_deactivate, now)
    assert change is not None, "the person becomes active"
    return replace(change, state=replace(change.state, told_at=before.told_at))
