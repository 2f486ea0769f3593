"""What does a leaving leave behind, and what do events tell while it is held or waived?"""

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
from api.directory.leavings import KEPT_BACK, Earlier, Leaving
from contracts.identity_changed import Profile
from contracts.rules import LeaveAlone, RemoveEmployee

ADA = Profile(user_name="ada", email="ada@acme.test", display_name="Ada")
OTHER = ADA.model_copy(update={"email": "zz@acme.test", "external_id": "00u1"})
RULE, LATER_RULE = RemoveEmployee(), LeaveAlone()
GROUPS = ("IT", "Sales")
JOINED = after_creation(ReleasedAttributes(True, ADA, ("Weaver",)), 100).state
BEFORE = Earlier(ADA, ("Weaver",), GROUPS, told_at=100)


def told(change: IdentityChange | None) -> IdentityState:
    assert change is not None
    return change.state


def sent(
    before: IdentityState, at: int, *roles: str, active: bool = False, profile: Profile = ADA
) -> IdentityState:
    given = ReleasedAttributes(active, profile, roles or before.role_names)
    return told(after_update(before, given, RULE, at, GROUPS))


def deleted(before: IdentityState, at: int = 200) -> IdentityState:
    return told(after_deletion(before, GROUPS, RULE, at))


def judged(state: IdentityState, leaving: Leaving | None) -> IdentityState:
    return replace(state, leaving=leaving, earlier=None if leaving is None else state.earlier)


LEFT = {"deactivated": sent(JOINED, 200), "deleted": deleted(JOINED)}
LEAVERS = pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
KEPT = pytest.mark.parametrize("leaving", sorted(KEPT_BACK))


@LEAVERS
def test_a_leaving_waits_for_its_judgement_with_the_person_as_before(left: IdentityState) -> None:
    assert (left.leaving, left.earlier) == (Leaving.UNJUDGED, BEFORE)
    assert left.released is left, "a preview shows it as it would be"


def test_groups_are_kept_with_their_ids_if_these_are_known() -> None:
    with_ids = replace(BEFORE, group_ids=("g1", "g2"))
    assert Earlier.of(with_ids.document) == with_ids
    assert with_ids.group_names == {"g1": "IT", "g2": "Sales"}
    none = replace(BEFORE, groups=(), group_ids=())
    assert Earlier.of(none.document).group_names == {}
    assert "group_ids" not in BEFORE.document, "a document of a version before"
    assert Earlier.of(BEFORE.document).group_names is None


@LEAVERS
@KEPT
def test_a_leaving_that_is_kept_back_shows_the_person_as_before(
    left: IdentityState, leaving: Leaving
) -> None:
    shown = judged(left, leaving).released
    assert (shown.version, shown.active, shown.deleted, shown.ever_active) == (
        200,
        True,
        False,
        True,
    )
    assert (shown.profile, shown.role_names, shown.groups) == (ADA, ("Weaver",), GROUPS)
    assert (shown.deactivated_at, shown.deactivation, shown.told_at) == (0, None, 100)


@KEPT
def test_what_changes_while_a_leaving_is_kept_back_is_not_shown(leaving: Leaving) -> None:
    held = judged(LEFT["deactivated"], leaving)
    changed = sent(held, 300, "Admin", profile=OTHER)
    gone = deleted(changed, 400)
    for state in (changed, gone):
        assert (state.leaving, state.earlier) == (leaving, BEFORE)
        assert state.released == replace(held.released, version=state.version)
    assert gone.groups == GROUPS


@KEPT
def test_somebody_kept_back_who_returns_has_never_left(leaving: Leaving) -> None:
    back = sent(judged(LEFT["deactivated"], leaving), 300, active=True, profile=OTHER)
    assert (back.leaving, back.earlier) == (None, None)
    assert (back.active, back.deactivated_at, back.deactivation) == (True, 0, None)
    assert back.profile == OTHER


def test_a_released_leaving_keeps_its_effects_when_somebody_returns() -> None:
    back = sent(judged(LEFT["deactivated"], None), 300, active=True)
    assert (back.deactivated_at, back.deactivation, back.leaving) == (200, RULE, None)


def test_who_returns_before_the_judgement_is_still_to_be_judged() -> None:
    back = sent(LEFT["deactivated"], 300, active=True)
    assert (back.active, back.deactivated_at, back.deactivation) == (True, 200, RULE)
    assert (back.leaving, back.earlier) == (Leaving.UNJUDGED, BEFORE)


def test_a_second_leaving_before_the_judgement_takes_the_place_of_the_first() -> None:
    again = sent(sent(LEFT["deactivated"], 300, "Admin", active=True, profile=OTHER), 400)
    assert again.deactivated_at == 400
    assert again.earlier == Earlier(OTHER, ("Admin",), GROUPS, 0, None, told_at=300)


def test_a_second_leaving_remembers_the_one_that_was_released() -> None:
    again = sent(sent(judged(LEFT["deactivated"], None), 300, active=True), 400)
    assert again.earlier == Earlier(ADA, ("Weaver",), GROUPS, 200, RULE, told_at=300)
    shown = judged(again, Leaving.HELD).released
    assert (shown.deactivated_at, shown.deactivation) == (200, RULE)


def test_somebody_who_was_never_active_does_not_leave() -> None:
    idle = after_creation(ReleasedAttributes(False, ADA, ()), 100).state
    assert (deleted(idle).leaving, deleted(idle).earlier) == (None, None)


@LEAVERS
@pytest.mark.parametrize("leaving", [None, *Leaving])
def test_a_row_holds_a_leaving(left: IdentityState, leaving: Leaving | None) -> None:
    state = judged(left, leaving)
    assert state_of(columns_of(state, 1) | leaving_columns(state)) == state


def test_a_row_names_the_brake_that_holds_a_leaving() -> None:
    held = judged(LEFT["deactivated"], Leaving.HELD)
    assert held.earlier is not None
    by_device = replace(held, earlier=replace(held.earlier, effect="device"))
    row = columns_of(by_device, 1) | leaving_columns(by_device)
    assert row["earlier_leaving"]["effect"] == "device"
    assert state_of(row) == by_device


def test_a_row_that_a_version_before_has_written_shows_who_is_active() -> None:
    back = replace(judged(LEFT["deactivated"], Leaving.HELD), active=True)
    assert back.released is back
