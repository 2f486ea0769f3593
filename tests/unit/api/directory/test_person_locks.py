"""What does a lock change, what ends it, and what does the provider's word do meanwhile?"""

from dataclasses import replace

import pytest

from api.directory.identity_changes import (
    IdentityChange,
    IdentityState,
    ReleasedAttributes,
    after_creation,
    after_deletion,
    after_update,
)
from api.directory.identity_rows import columns_of, leaving_columns, state_of
from api.directory.leavings import Leaving
from api.directory.person_locks import after_lock, after_unlock
from contracts.identity_changed import Profile
from contracts.rules import RemoveEmployee, RemoveUser
from contracts.topology import Lane

ADA = Profile(user_name="ada", email="ada@acme.test", display_name="Ada")
RENAMED = ADA.model_copy(update={"display_name": "Zoe"})
MOVED = ADA.model_copy(update={"email": "zoe@acme.test"})
RULE, LATER_RULE = RemoveEmployee(), RemoveUser()


def sent(*roles: str, active: bool = True, profile: Profile = ADA) -> ReleasedAttributes:
    return ReleasedAttributes(active, profile, roles)


JOINED = after_creation(sent(), 100).state


def told(change: IdentityChange | None) -> IdentityState:
    assert change is not None
    return change.state


LOCKED = told(after_lock(JOINED, RULE, 200))


def updated(before: IdentityState, user: ReleasedAttributes, at: int = 300) -> IdentityState:
    return told(after_update(before, user, LATER_RULE, at))


def test_a_lock_deactivates_urgently_and_no_brake_judges_it() -> None:
    change = after_lock(JOINED, RULE, 200)
    assert change is not None
    assert change.lane is Lane.URGENT
    assert (LOCKED.active, LOCKED.version, LOCKED.locked_at) == (False, 200, 200)
    assert (LOCKED.deactivated_at, LOCKED.deactivation) == (200, RULE)
    assert (LOCKED.leaving, LOCKED.earlier) == (None, None)
    assert LOCKED.released is LOCKED
    assert LOCKED.told_at == JOINED.told_at, "the provider has told nothing"
    assert LOCKED.told_active


def test_a_lock_is_newer_than_all_that_downstream_knows() -> None:
    assert told(after_lock(JOINED, RULE, 200, beyond=900)).version == 901


def test_a_locked_person_is_locked_once() -> None:
    assert after_lock(LOCKED, RULE, 300) is None


@pytest.mark.parametrize("leaving", Leaving)
def test_a_lock_lets_a_leaving_go_that_is_not_released(leaving: Leaving) -> None:
    left = replace(updated(JOINED, sent(active=False), 200), leaving=leaving)
    state = told(after_lock(left, RULE, 300))
    assert (state.leaving, state.earlier, state.locked_at) == (None, None, None)
    assert (state.version, state.deactivated_at, state.deactivation) == (300, 200, LATER_RULE)
    assert state.released is state
    assert after_unlock(state, sent(), RULE, 400) is None, "the provider said it"


def test_a_leaver_is_not_locked() -> None:
    left = replace(updated(JOINED, sent(active=False)), leaving=None, earlier=None)
    assert after_lock(left, RULE, 400) is None


def test_a_put_that_repeats_an_active_user_changes_nothing() -> None:
    assert after_update(LOCKED, sent(), RULE, 300) is None


@pytest.mark.parametrize("user", [sent(profile=RENAMED), sent("Admin"), sent(profile=MOVED)])
def test_other_changes_of_the_provider_leave_the_lock(user: ReleasedAttributes) -> None:
    change = after_update(LOCKED, user, RULE, 300)
    if change is None:  # the new names wait, as those of any inactive person
        assert user.profile == RENAMED
        return
    state = change.state
    assert (state.active, state.locked_at) == (False, 200)
    assert (state.deactivated_at, state.deactivation) == (200, RULE)
    assert state.profile.email == ADA.email
    assert change.lane is Lane.BULK


def test_a_deactivation_by_the_provider_ends_the_lock_and_is_no_second_one() -> None:
    left = updated(LOCKED, sent(active=False))
    assert (left.active, left.locked_at, left.leaving) == (False, None, None)
    assert (left.deactivated_at, left.deactivation) == (200, RULE)
    assert after_unlock(left, sent(active=False), RULE, 400) is None
    assert updated(left, sent(), 400).active, "the provider brings back whom it has deactivated"


def test_a_deletion_ends_the_lock_and_is_no_second_deactivation() -> None:
    gone = after_deletion(LOCKED, ("IT",), LATER_RULE, 300).state
    assert (gone.deleted, gone.locked_at, gone.leaving) == (True, None, None)
    assert (gone.deactivated_at, gone.deactivation) == (200, RULE)


def test_an_unlocked_person_is_as_the_provider_says_by_then() -> None:
    waiting = updated(LOCKED, sent("Admin", profile=MOVED))
    change = after_unlock(waiting, sent("Admin", profile=MOVED), RULE, 400)
    assert change is not None
    assert change.lane is Lane.URGENT
    state = change.state
    assert (state.active, state.locked_at, state.version) == (True, None, 400)
    assert (state.profile, state.role_names) == (MOVED, ("Admin",))
    assert state.deactivated_at == 200, "the deactivation has its effects, if it had none yet"
    assert state.told_at == waiting.told_at


def test_somebody_who_is_not_locked_is_not_unlocked() -> None:
    assert after_unlock(JOINED, sent(), RULE, 200) is None


@pytest.mark.parametrize("state", [JOINED, LOCKED])
def test_a_lock_is_stored(state: IdentityState) -> None:
    row = columns_of(state, 1) | leaving_columns(state)
    assert state_of(row) == state
