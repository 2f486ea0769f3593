"""When do people come and go? Deactivation, deletion and reactivation, each once."""

import pytest

from contracts.rules import CreateNothing, MdmRules, RemoveUserAndDevices, Role, UnassignDevices
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    Rules,
    a_world,
    by_hand,
    created_inactive,
    dashboard,
    deleted,
    joiner,
    kinds,
    laptop,
    left,
    live,
    mdm,
    play,
    renamed,
    resynced,
    returned,
    the_account,
    the_device,
)
from worker.planning.actions import (
    ChangeAccount,
    CreateAccount,
    LinkAccount,
    Outcome,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
    UnlinkAccount,
)
from worker.planning.facts import Account
from worker.planning.working_set import World

ALL_RULES = [STORE, dashboard(), mdm(UnassignDevices()), mdm(RemoveUserAndDevices())]
RELEASE = mdm(UnassignDevices())
REMOVE_ALL = mdm(RemoveUserAndDevices())


def with_a_device(rules: MdmRules) -> tuple[World, Account]:
    ada = by_hand(rules.portal)
    return a_world(ada, laptop(ada)), ada


# --- once ---------------------------------------------------------------------------------


def test_an_inactive_user_that_is_deleted_later_is_not_deactivated_again() -> None:
    world, ada = with_a_device(RELEASE)
    inactive = left(joiner(RELEASE), RELEASE)
    play(world, inactive)
    world.add_device(laptop(ada))
    [planned] = play(world, deleted(inactive, RELEASE))
    assert kinds(planned) == [UnlinkAccount]
    assert the_device(world).assigned_to == ada.id


def test_a_deactivation_that_was_applied_is_not_run_again_by_a_resync() -> None:
    world, ada = with_a_device(RELEASE)
    inactive = left(joiner(RELEASE), RELEASE)
    play(world, inactive)
    world.add_device(laptop(ada))
    [again] = play(world, resynced(inactive))
    assert kinds(again) == []


def test_each_deactivation_runs_once() -> None:
    world, ada = with_a_device(RELEASE)
    joined = joiner(RELEASE)
    gone = left(joined, RELEASE)
    back = returned(gone)
    play(world, joined, gone, back)
    world.add_device(laptop(ada))
    [planned] = play(world, left(back, RELEASE))
    assert kinds(planned) == [ReleaseDevice]


@pytest.mark.parametrize("rules", ALL_RULES, ids=lambda it: f"{it.portal}-{it.on_deactivate.do}")
def test_a_user_that_was_never_active_creates_links_and_removes_nothing(rules: Rules) -> None:
    role = Role.EDITOR if rules == dashboard() else None
    world = a_world(by_hand(rules.portal, ADA, role))
    before = live(world)
    inactive = created_inactive(rules)
    plans = play(world, inactive, renamed(inactive, email=BEN), deleted(inactive, rules))
    assert [planned.actions for planned in plans] == [(), (), ()]
    assert live(world) == before
    assert all(record.account_id is None for record in world.records.values())


def test_a_user_that_was_created_inactive_is_created_when_it_becomes_active() -> None:
    world = a_world()
    inactive = created_inactive(STORE)
    [_, planned] = play(world, inactive, returned(inactive))
    assert kinds(planned) == [CreateAccount]


# --- coming back --------------------------------------------------------------------------


@pytest.mark.parametrize("rules", [STORE, REMOVE_ALL], ids=lambda it: str(it.portal))
def test_reactivation_restores_the_same_account(rules: Rules) -> None:
    world = a_world()
    joined = joiner(rules)
    play(world, joined)
    account = the_account(world)
    gone = left(joined, rules)
    [_, planned] = play(world, gone, returned(gone))
    assert kinds(planned) == [RestoreAccount]
    assert the_account(world) == account


def test_reactivation_restores_a_collaborator_with_the_role_of_the_rule() -> None:
    rules = dashboard(Role.EDITOR)
    world = a_world(by_hand(rules.portal, BEN, Role.ADMIN), by_hand(rules.portal, ADA, Role.ADMIN))
    joined = joiner(rules)
    gone = left(joined, rules)
    play(world, joined, gone, returned(gone))
    assert [account.role for account in live(world)] == [Role.EDITOR, Role.ADMIN]


def test_reactivation_under_nothing_restores_nothing() -> None:
    rules = STORE.model_copy(update={"on_create": CreateNothing()})
    world = a_world(by_hand(rules.portal))
    joined = joiner(rules)
    gone = left(joined, rules)
    [_, planned] = play(world, gone, returned(gone))
    assert kinds(planned) == []
    assert live(world) == []


def test_removed_devices_do_not_come_back_with_the_user() -> None:
    world, _ = with_a_device(REMOVE_ALL)
    gone = left(joiner(REMOVE_ALL), REMOVE_ALL)
    play(world, gone, returned(gone))
    assert (the_device(world).removed, the_device(world).assigned_to) == (True, None)


def test_released_assignments_do_not_come_back_with_the_user() -> None:
    world, _ = with_a_device(RELEASE)
    gone = left(joiner(RELEASE), RELEASE)
    play(world, gone, returned(gone))
    assert the_device(world).assigned_to is None


# --- late, twice and folded ---------------------------------------------------------------


def test_an_event_that_is_not_newer_is_dropped() -> None:
    world = a_world()
    joined = joiner(STORE)
    gone = left(joined, STORE)
    [_, again, late] = play(world, gone, gone, joined)
    assert (again.outcome, late.outcome) == (Outcome.DUPLICATE, Outcome.STALE)
    assert (again.actions, late.actions) == ((), ())


def test_late_update_does_not_reactivate_a_leaver() -> None:
    world = a_world()
    joined = joiner(STORE)
    update = renamed(joined, display_name="Ada")
    play(world, joined, left(update, STORE), update)
    assert live(world) == []


def test_somebody_first_seen_as_a_leaver_was_created_and_then_left() -> None:
    world = a_world()
    [planned] = play(world, left(joiner(STORE), STORE))
    assert kinds(planned) == [CreateAccount, RemoveAccount]


def test_somebody_first_seen_as_a_leaver_reaches_the_account_and_devices_made_by_hand() -> None:
    world, _ = with_a_device(REMOVE_ALL)
    [planned] = play(world, left(joiner(REMOVE_ALL), REMOVE_ALL))
    assert kinds(planned) == [LinkAccount, RemoveDevice, RemoveAccount]


def test_a_deactivation_is_applied_even_if_the_person_is_active_again_by_now() -> None:
    world, ada = with_a_device(REMOVE_ALL)
    joined = joiner(REMOVE_ALL)
    [_, planned] = play(world, joined, returned(left(joined, REMOVE_ALL)))
    assert kinds(planned) == [RemoveDevice, RemoveAccount, RestoreAccount]
    assert the_account(world).id == ada.id
    assert the_device(world).removed


def test_a_deactivation_of_somebody_first_seen_active_again_is_applied() -> None:
    world, ada = with_a_device(RELEASE)
    [planned] = play(world, returned(left(joiner(RELEASE), RELEASE)))
    assert kinds(planned) == [LinkAccount, ReleaseDevice]
    assert the_account(world).id == ada.id


# --- asserted at every event --------------------------------------------------------------


def test_presence_is_asserted_at_every_event_of_somebody_active() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined)
    account = the_account(world)
    world.load_account(account.without_email())
    [planned] = play(world, resynced(joined))
    assert kinds(planned) == [RestoreAccount]
    assert the_account(world) == account


def test_attributes_that_drifted_are_asserted_by_a_resync() -> None:
    world = a_world()
    joined = renamed(joiner(STORE), display_name="Ada")
    play(world, joined)
    world.load_account(Account("new-1", "acme", STORE.portal, ADA, display_name="Edited"))
    [planned] = play(world, resynced(joined))
    assert kinds(planned) == [ChangeAccount]
    assert the_account(world).display_name == "Ada"
