"""Does a workspace always keep an Admin? The last one is neither removed nor downgraded."""

from contracts.rules import DashboardRules, LeaveAlone, Portal, RemoveCollaborator, Role
from tests.drivers.people import (
    ADA,
    BEN,
    a_world,
    by_hand,
    dashboard,
    deleted,
    joiner,
    kinds,
    left,
    live,
    moved,
    play,
    refusals,
    refused,
    renamed,
    returned,
    the_account,
)
from worker.planning.actions import LinkAccount, Outcome, Reason, RefusedAction
from worker.planning.facts import Account

ADMINS = dashboard(Role.ADMIN)
MAPPED = dashboard(Role.VIEWER, IT=Role.ADMIN)
LINK_AND_REMOVE = DashboardRules(on_deactivate=RemoveCollaborator())


def test_the_last_admin_is_not_removed() -> None:
    world = a_world()
    joined = joiner(ADMINS)
    gone = left(joined, ADMINS)
    [_, planned] = play(world, joined, gone)
    assert planned.outcome is Outcome.REFUSED
    assert refusals(planned) == [(RefusedAction.DEACTIVATE, Reason.LAST_ADMIN)]
    assert planned.record.applied_version == gone.version
    assert the_account(world).role is Role.ADMIN


def test_the_last_admin_is_not_removed_by_deletion_either() -> None:
    world = a_world()
    joined = joiner(ADMINS)
    play(world, joined, deleted(joined, ADMINS))
    assert the_account(world).is_admin


def test_the_last_admin_is_not_downgraded_while_the_rest_of_the_event_applies() -> None:
    world = a_world()
    admin = moved(joiner(MAPPED), MAPPED, "IT")
    demoted = renamed(moved(admin, MAPPED, "Sales"), display_name="Ada")
    [_, planned] = play(world, admin, demoted)
    assert refusals(planned) == [(RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN)]
    account = the_account(world)
    assert (account.role, account.display_name) == (Role.ADMIN, "Ada")
    assert account.groups == ("Sales",)


def test_the_last_admin_is_linked_but_not_downgraded_by_the_rule() -> None:
    rules = dashboard(Role.EDITOR, IT=Role.ADMIN)
    world = a_world(by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    [planned] = play(world, joiner(rules))
    assert kinds(planned) == [LinkAccount]
    assert refusals(planned) == [(RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN)]


def test_the_last_admin_goes_when_another_appears() -> None:
    world = a_world()
    joined = joiner(ADMINS)
    play(world, joined, left(joined, ADMINS), joiner(ADMINS, BEN, "ben"))
    assert the_account(world).email == BEN
    assert refused(world) == []


def test_the_last_admin_goes_when_another_is_made_by_hand() -> None:
    world = a_world()
    joined = joiner(ADMINS)
    play(world, joined, left(joined, ADMINS))
    world.add_account(by_hand(Portal.DASHBOARD, BEN, Role.ADMIN))
    world.replan_due()
    assert the_account(world).email == BEN


def test_the_last_admin_is_downgraded_when_another_is_promoted() -> None:
    world = a_world()
    ada, ben = moved(joiner(MAPPED), MAPPED, "IT"), joiner(MAPPED, BEN, "ben")
    play(world, ada, ben, moved(ada, MAPPED), moved(ben, MAPPED, "IT"))
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]


def test_of_two_admins_who_leave_one_stays() -> None:
    world = a_world()
    ada, ben = joiner(ADMINS), joiner(ADMINS, BEN, "ben")
    play(world, ada, ben, left(ada, ADMINS), left(ben, ADMINS))
    assert the_account(world).email == BEN
    assert refused(world, "ben") == [Reason.LAST_ADMIN]


def test_an_admin_of_another_workspace_or_a_removed_one_does_not_count() -> None:
    elsewhere = Account("x", "other", Portal.DASHBOARD, BEN, role=Role.ADMIN)
    removed = Account("y", "acme", Portal.DASHBOARD, None, role=Role.ADMIN, removed=True)
    world = a_world(elsewhere, removed)
    joined = joiner(ADMINS)
    play(world, joined, left(joined, ADMINS))
    assert refused(world) == [Reason.LAST_ADMIN]


def test_nothing_on_deactivation_leaves_the_last_admin_without_a_refusal() -> None:
    rules = ADMINS.model_copy(update={"on_deactivate": LeaveAlone()})
    world = a_world()
    joined = joiner(rules)
    [_, planned] = play(world, joined, left(joined, rules))
    assert planned.outcome is Outcome.APPLIED


def test_a_refused_removal_is_forgotten_when_the_person_returns_to_be_created_again() -> None:
    world = a_world()
    gone = left(joiner(ADMINS), ADMINS)
    play(world, gone, returned(gone), joiner(ADMINS, BEN, "ben"))
    assert [account.email for account in live(world)] == [ADA, BEN]
    assert world.refused == {}


def test_a_refused_removal_under_nothing_happens_even_if_the_person_returned() -> None:
    world = a_world(by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    gone = left(joiner(LINK_AND_REMOVE), LINK_AND_REMOVE)
    play(world, gone, returned(gone))
    assert refused(world) == [Reason.LAST_ADMIN]
    world.add_account(by_hand(Portal.DASHBOARD, BEN, Role.ADMIN))
    world.replan_due()
    assert the_account(world).email == BEN


def test_who_was_promoted_and_left_in_one_event_does_not_stay_for_an_old_role() -> None:
    """Somebody with a lower role now is no Admin any more, and so can go."""
    world = a_world(by_hand(Portal.DASHBOARD, BEN, Role.ADMIN))
    admin = moved(joiner(MAPPED), MAPPED, "IT")
    play(world, admin, moved(left(admin, MAPPED), MAPPED))
    assert the_account(world).email == BEN


def test_a_deleted_admin_who_was_not_downgraded_is_when_another_appears() -> None:
    rules = MAPPED.model_copy(update={"on_deactivate": LeaveAlone()})
    world = a_world()
    admin = moved(joiner(rules), rules, "IT")
    demoted = moved(admin, rules)
    play(world, admin, demoted, deleted(demoted, rules))
    assert refused(world) == [Reason.LAST_ADMIN]
    play(world, moved(joiner(rules, BEN, "ben"), rules, "IT"))
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]
    assert world.refused == {}


# --- a mapped role that ends with its holder ----------------------------------------------

KEPT = MAPPED.model_copy(update={"on_deactivate": LeaveAlone()})


def test_the_last_admin_by_a_mapping_keeps_the_role_when_deleted_until_another_appears() -> None:
    world = a_world()
    admin = moved(joiner(KEPT), KEPT, "IT")
    [_, planned] = play(world, admin, deleted(admin, KEPT))
    assert refusals(planned) == [(RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN)]
    assert the_account(world).is_admin
    world.add_account(by_hand(Portal.DASHBOARD, BEN, Role.ADMIN))
    world.replan_due()
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]
    assert world.refused == {}


def test_a_last_admin_whose_removal_waits_is_refused_once() -> None:
    world = a_world()
    admin = moved(joiner(MAPPED), MAPPED, "IT")
    [_, planned] = play(world, admin, deleted(admin, MAPPED))
    assert refusals(planned) == [(RefusedAction.DEACTIVATE, Reason.LAST_ADMIN)]


def test_a_last_admin_by_hand_stays_without_a_refusal_when_a_mapping_to_admin_ends() -> None:
    hand = by_hand(Portal.DASHBOARD, ADA, Role.ADMIN)
    world = a_world(hand)
    admin = moved(joiner(KEPT), KEPT, "IT")
    [_, planned] = play(world, admin, deleted(admin, KEPT))
    assert planned.outcome is Outcome.APPLIED
    assert the_account(world).is_admin
