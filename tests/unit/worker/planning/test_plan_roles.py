"""Which role does a collaborator have? Mapped names, the rule, the role that was found."""

import pytest

from contracts.rules import CreateNothing, DashboardRules, LeaveAlone, Portal, Role
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    a_world,
    by_hand,
    dashboard,
    joiner,
    left,
    live,
    moved,
    play,
    resynced,
    returned,
    role_map,
    the_account,
    with_roles,
)
from worker.planning.facts import Account
from worker.planning.working_set import World

BOSS = by_hand(Portal.DASHBOARD, "boss@acme.test", Role.ADMIN)
MAPPED = dashboard(Role.VIEWER, Sales=Role.EDITOR, IT=Role.ADMIN, Guests=Role.VIEWER)
FOUND = DashboardRules(role_map=MAPPED.role_map)


def ada(world: World) -> Account:
    [account] = [account for account in live(world) if account.email == ADA]
    return account


# --- mapped names -------------------------------------------------------------------------


def test_a_group_name_maps_to_a_role() -> None:
    world = a_world(BOSS)
    play(world, moved(joiner(MAPPED), MAPPED, "Sales"))
    assert ada(world).role is Role.EDITOR


def test_a_value_of_the_roles_attribute_maps_to_a_role() -> None:
    world = a_world(BOSS)
    play(world, with_roles(joiner(MAPPED), MAPPED, "sales"))
    assert ada(world).role is Role.EDITOR


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (("Sales", "IT"), Role.ADMIN),
        (("IT", "Sales", "Guests"), Role.ADMIN),
        (("Guests", "Sales"), Role.EDITOR),
        (("Guests",), Role.VIEWER),
        (("Chess",), Role.VIEWER),
    ],
)
def test_the_highest_mapped_role_wins(groups: tuple[str, ...], role: Role) -> None:
    world = a_world(BOSS)
    play(world, moved(joiner(MAPPED), MAPPED, *groups))
    assert ada(world).role is role


def test_a_mapped_role_wins_over_a_higher_role_of_the_rule() -> None:
    rules = dashboard(Role.EDITOR, Guests=Role.VIEWER)
    world = a_world(BOSS)
    play(world, moved(joiner(rules), rules, "Guests"))
    assert ada(world).role is Role.VIEWER


def test_a_role_attribute_and_a_group_are_ranked_together() -> None:
    world = a_world(BOSS)
    play(world, with_roles(moved(joiner(MAPPED), MAPPED, "Sales"), MAPPED, "IT"))
    assert ada(world).role is Role.ADMIN


# --- recomputed, downwards too ------------------------------------------------------------


def test_leaving_a_group_takes_its_role_away() -> None:
    world = a_world(BOSS)
    manager = moved(joiner(MAPPED), MAPPED, "IT", "Sales")
    play(world, manager)
    play(world, moved(manager, MAPPED, "Sales"))
    assert ada(world).role is Role.EDITOR


def test_a_group_rename_or_deletion_ends_in_the_role_of_the_rule() -> None:
    world = a_world(BOSS)
    seller = moved(joiner(MAPPED), MAPPED, "Sales")
    play(world, seller, moved(seller, MAPPED, "Vendors"))
    assert ada(world).role is Role.VIEWER


def test_a_changed_mapping_recomputes_the_role_by_resync() -> None:
    world = a_world(BOSS)
    seller = moved(joiner(MAPPED), MAPPED, "Sales")
    changed = MAPPED.model_copy(update={"role_map": role_map(Sales=Role.VIEWER)})
    play(world, seller, resynced(seller, changed))
    assert ada(world).role is Role.VIEWER


def test_a_changed_role_of_the_rule_recomputes_the_role_by_resync() -> None:
    world = a_world(BOSS)
    joined = joiner(MAPPED)
    play(world, joined, resynced(joined, dashboard(Role.EDITOR)))
    assert ada(world).role is Role.EDITOR


def test_a_role_given_by_hand_is_taken_back_by_the_next_event() -> None:
    world = a_world(BOSS)
    joined = joiner(MAPPED)
    play(world, joined)
    world.load_account(Account(ada(world).id, "acme", Portal.DASHBOARD, ADA, role=Role.EDITOR))
    play(world, resynced(joined))
    assert ada(world).role is Role.VIEWER


# --- under nothing ------------------------------------------------------------------------


def test_under_nothing_the_role_that_was_found_holds() -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.EDITOR))
    play(world, joiner(FOUND))
    assert ada(world).role is Role.EDITOR


def test_under_nothing_a_mapped_role_wins_and_the_role_that_was_found_comes_back() -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.EDITOR))
    admin = moved(joiner(FOUND), FOUND, "IT")
    play(world, admin)
    assert ada(world).role is Role.ADMIN
    play(world, moved(admin, FOUND))
    assert ada(world).role is Role.EDITOR


def test_under_nothing_a_lower_mapped_role_wins_too() -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    play(world, moved(joiner(FOUND), FOUND, "Guests"))
    assert ada(world).role is Role.VIEWER


def test_the_role_of_the_rule_holds_for_a_linked_account_too() -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    play(world, joiner(MAPPED))
    assert ada(world).role is Role.VIEWER


def test_a_rule_changed_to_nothing_brings_back_the_role_that_was_found() -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.EDITOR))
    joined = joiner(MAPPED)
    play(world, joined, resynced(joined, FOUND))
    assert ada(world).role is Role.EDITOR


# --- leavers and others -------------------------------------------------------------------


def test_the_role_of_a_leaver_who_keeps_the_account_follows_the_groups() -> None:
    keep = MAPPED.model_copy(update={"on_deactivate": LeaveAlone()})
    world = a_world(BOSS)
    gone = left(moved(joiner(keep), keep, "IT"), keep)
    play(world, gone, moved(gone, keep))
    assert ada(world).role is Role.VIEWER


def test_who_returns_has_the_role_of_the_groups_of_now() -> None:
    world = a_world(BOSS)
    gone = left(moved(joiner(MAPPED), MAPPED, "IT"), MAPPED)
    play(world, gone, moved(returned(gone), MAPPED, "Sales"))
    assert ada(world).role is Role.EDITOR


def test_only_collaborators_have_roles() -> None:
    world = a_world(by_hand(Portal.STORE, BEN))
    play(world, moved(joiner(STORE, BEN), STORE, "IT"))
    assert the_account(world).role is None


def test_nothing_on_creation_and_nothing_mapped_leaves_an_account_without_role_alone() -> None:
    world = a_world(by_hand(Portal.DASHBOARD, ADA))
    rules = DashboardRules(on_create=CreateNothing())
    play(world, joiner(rules))
    assert the_account(world).role is None
