"""What does a write mean for the identity? Versions, lanes, and who is active, gone or waiting."""

from dataclasses import replace

import pytest

from api.directory.identity_changes import (
    IdentityState,
    ReleasedAttributes,
    after_creation,
    after_deletion,
    after_update,
    next_version,
)
from contracts.identity_changed import Profile
from contracts.rules import RemoveEmployee, RemoveUser, UnassignDevices
from contracts.topology import Lane

ADA = Profile(user_name="ada", email="ada@acme.test", display_name="Ada")
RENAMED = ADA.model_copy(update={"email": "zz@acme.test", "external_id": "00u1"})
OTHERWISE = ADA.model_copy(update={"display_name": "Zoe", "external_id": "00u1"})
RULE = UnassignDevices()
LATER_RULE = RemoveUser()


def seen(*roles: str, active: bool = True, profile: Profile = ADA) -> ReleasedAttributes:
    return ReleasedAttributes(active, profile, roles)


def created(*, active: bool = True, at: int = 100) -> IdentityState:
    return after_creation(seen(active=active), at).state


def updated(before: IdentityState, user: ReleasedAttributes, at: int = 200) -> IdentityState:
    change = after_update(before, user, RULE, at)
    assert change is not None
    return change.state


def left(at: int = 200) -> IdentityState:
    return updated(created(), seen(active=False), at)


# --- lanes --------------------------------------------------------------------------------


@pytest.mark.parametrize("active", [True, False])
def test_a_creation_can_wait(active: bool) -> None:
    assert after_creation(seen(active=active), 100).lane is Lane.BULK


@pytest.mark.parametrize("user", [seen(profile=RENAMED), seen("Admin")])
def test_a_change_of_profile_or_roles_can_wait(user: ReleasedAttributes) -> None:
    change = after_update(created(), user, RULE, 200)
    assert change is not None
    assert change.lane is Lane.BULK


@pytest.mark.parametrize("was_active", [True, False])
def test_a_change_of_active_is_urgent_both_ways(was_active: bool) -> None:
    change = after_update(created(active=was_active), seen(active=not was_active), RULE, 200)
    assert change is not None
    assert change.lane is Lane.URGENT


def test_a_leaver_who_is_renamed_in_the_same_write_is_urgent() -> None:
    change = after_update(created(), seen(active=False, profile=RENAMED), RULE, 200)
    assert change is not None
    assert change.lane is Lane.URGENT


@pytest.mark.parametrize("before", [created(), created(active=False), left()])
def test_a_deletion_is_urgent(before: IdentityState) -> None:
    assert after_deletion(before, (), RULE, 300).lane is Lane.URGENT


# --- versions -----------------------------------------------------------------------------


def test_a_version_is_the_clock() -> None:
    assert created(at=100).version == 100
    assert updated(created(at=100), seen(profile=RENAMED), 200).version == 200


@pytest.mark.parametrize("now", [100, 99, 0, -5])
def test_a_version_grows_even_where_the_clock_stands_or_runs_backwards(now: int) -> None:
    assert next_version(100, now) == 101
    assert updated(created(at=100), seen(profile=RENAMED), now).version == 101
    assert after_deletion(created(at=100), (), RULE, now).state.version == 101


def test_a_deactivation_is_named_by_the_version_that_the_write_gets() -> None:
    gone = left(at=99)
    assert (gone.version, gone.deactivated_at) == (101, 101)
    deletion = after_deletion(created(at=100), (), RULE, 99).state
    assert (deletion.version, deletion.deactivated_at) == (101, 101)


def test_a_write_that_changes_nothing_makes_no_version() -> None:
    assert after_update(created(), seen(), RULE, 200) is None
    assert after_update(left(), seen(active=False), RULE, 300) is None


# --- what waits ---------------------------------------------------------------------------


def test_a_profile_that_arrives_with_the_deactivation_waits() -> None:
    gone = updated(created(), seen(active=False, profile=OTHERWISE))
    assert gone.profile == ADA


def test_a_profile_that_arrives_after_the_deactivation_waits_and_makes_no_version() -> None:
    assert after_update(left(), seen(active=False, profile=OTHERWISE), RULE, 300) is None


def test_a_reactivation_shows_the_profile_of_now() -> None:
    back = updated(left(), seen(profile=RENAMED), 300)
    assert (back.active, back.profile) == (True, RENAMED)


def test_roles_of_a_leaver_follow_at_once() -> None:
    changed = updated(left(), seen("Viewer", active=False, profile=OTHERWISE), 300)
    assert (changed.role_names, changed.profile) == (("Viewer",), ADA)


def test_the_profile_of_somebody_never_active_follows() -> None:
    changed = updated(created(active=False), seen(active=False, profile=RENAMED))
    assert (changed.profile, changed.ever_active) == (RENAMED, False)


def test_a_deletion_leaves_the_profile_as_it_was() -> None:
    assert after_deletion(left(), (), RULE, 300).state.profile == ADA


# --- active, inactive, never active -------------------------------------------------------


def test_somebody_created_inactive_was_never_active() -> None:
    state = created(active=False)
    assert (state.active, state.ever_active, state.deactivated_at) == (False, False, 0)


def test_the_first_activation_is_no_return() -> None:
    state = updated(created(active=False), seen())
    assert (state.active, state.ever_active, state.deactivated_at) == (True, True, 0)


def test_a_return_keeps_the_last_deactivation() -> None:
    back = updated(left(at=200), seen(), 300)
    assert (back.active, back.deactivated_at, back.deactivation) == (True, 200, RULE)


def test_a_second_deactivation_names_itself_and_the_rule_of_then() -> None:
    back = updated(left(at=200), seen(), 300)
    change = after_update(back, seen(active=False), LATER_RULE, 400)
    assert change is not None
    assert (change.state.deactivated_at, change.state.deactivation) == (400, LATER_RULE)


def test_a_later_rule_does_not_rename_a_deactivation() -> None:
    change = after_update(left(at=200), seen("Viewer", active=False), LATER_RULE, 300)
    assert change is not None
    assert (change.state.deactivated_at, change.state.deactivation) == (200, RULE)


# --- deletion -----------------------------------------------------------------------------


def test_the_deletion_of_somebody_active_is_a_deactivation() -> None:
    gone = after_deletion(created(), (), RemoveEmployee(), 300).state
    assert (gone.deleted, gone.active) == (True, False)
    assert (gone.deactivated_at, gone.deactivation) == (300, RemoveEmployee())


def test_the_deletion_of_a_leaver_is_no_second_deactivation() -> None:
    gone = after_deletion(left(at=200), (), LATER_RULE, 300).state
    assert (gone.deleted, gone.version) == (True, 300)
    assert (gone.deactivated_at, gone.deactivation) == (200, RULE)


def test_the_deletion_of_somebody_never_active_is_no_deactivation() -> None:
    gone = after_deletion(created(active=False), (), RULE, 300).state
    assert (gone.deleted, gone.ever_active, gone.deactivated_at) == (True, False, 0)
    assert gone.deactivation is None


def test_a_deleted_identity_keeps_the_groups_that_it_had() -> None:
    before = replace(created(), role_names=("Admin",))
    gone = after_deletion(before, ("IT", "Sales"), RULE, 300).state
    assert (gone.groups, gone.role_names) == (("IT", "Sales"), ("Admin",))


def test_groups_are_read_where_they_are_kept_until_the_deletion() -> None:
    assert created().groups is None
    assert left().groups is None


# --- who is about to be deleted ----------------------------------------------------------------

BY_ADDRESS = Profile(user_name="ada@acme.test", email="ada@acme.test", display_name="Ada")
OBJECT = "0aF1" * 8


def behind(object_id: str, profile: Profile, *, email: bool) -> Profile:
    """Return a profile whose names stand behind the id of an object."""
    names = {"user_name": f"{object_id}{profile.user_name}"}
    if email:
        names["email"] = f"{object_id}{profile.email}"
    return profile.model_copy(update=names)


@pytest.mark.parametrize("known", [ADA, BY_ADDRESS])
@pytest.mark.parametrize("email", [True, False])
def test_the_name_of_who_is_about_to_be_deleted_waits(known: Profile, email: bool) -> None:
    before = after_creation(seen(profile=known), 100).state
    sent = behind(OBJECT, known, email=email)
    assert after_update(before, seen(profile=sent), RULE, 200) is None
    gone = updated(before, seen(profile=sent, active=False))
    assert gone.profile.model_copy(update={"waiting_email": None}) == known
    assert not gone.active
    still_named_so = updated(gone, seen(profile=sent), 300)
    assert (still_named_so.active, still_named_so.profile) == (True, known)
    assert after_update(still_named_so, seen(profile=known), RULE, 400) is None
    renamed_first = updated(gone, seen(profile=known, active=False), 300) if email else gone
    assert updated(renamed_first, seen(profile=known), 400).profile == known


def test_the_address_of_who_is_deleted_is_free_for_others() -> None:
    for known, email, waiting in (
        (ADA, True, f"{OBJECT}ada@acme.test"),
        (ADA, False, None),  # there is nothing that the account could have instead
        (BY_ADDRESS, True, f"{OBJECT}ada@acme.test"),
        (BY_ADDRESS, False, f"{OBJECT}ada@acme.test"),
    ):
        before = after_creation(seen(profile=known), 100).state
        sent = behind(OBJECT, known, email=email)
        assert updated(before, seen(profile=sent, active=False)).profile.waiting_email == waiting


@pytest.mark.parametrize(
    "name", [f"{OBJECT[:31]}ada", f"{OBJECT}ben", f"{OBJECT[:31]}gada", OBJECT, f"x{OBJECT}ada"]
)
def test_any_other_name_does_not_wait(name: str) -> None:
    sent = ADA.model_copy(update={"user_name": name})
    assert updated(created(), seen(profile=sent)).profile.user_name == name


def test_another_address_of_somebody_inactive_waits_and_is_known() -> None:
    moved = updated(left(), seen(active=False, profile=RENAMED), 300)
    assert moved.profile == ADA.model_copy(update={"waiting_email": "zz@acme.test"})
    back_again = updated(moved, seen(active=False), 400)
    assert back_again.profile == ADA
    assert updated(moved, seen(profile=RENAMED), 400).profile == RENAMED
    spelled = ADA.model_copy(update={"email": " ADA@acme.test"})
    assert after_update(left(), seen(active=False, profile=spelled), RULE, 300) is None
    without = ADA.model_copy(update={"email": None})
    assert after_update(left(), seen(active=False, profile=without), RULE, 300) is None
