"""Which accounts are protected from a connection? Those that have more than it could give."""

import pytest

from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.rules import (
    DashboardRules,
    LeaveAlone,
    Portal,
    RemoveCollaborator,
    Role,
)
from tests.drivers.people import (
    ADA,
    BEN,
    BOSS,
    STORE,
    a_world,
    account_of,
    adopted,
    by_hand,
    dashboard,
    deleted,
    joiner,
    left,
    live,
    moved,
    play,
    refusals,
    refused,
    renamed,
    resynced,
    role_map,
    the_account,
)
from worker.planning.actions import Outcome, Reason, RefusedAction

OTHERS = "mallory@evil.test"
NOTHING = DashboardRules()
VIEWERS = dashboard(Role.VIEWER)
EMAIL = (RefusedAction.CHANGE_EMAIL, Reason.PROTECTED)
ROLE = (RefusedAction.CHANGE_ROLE, Reason.PROTECTED)


def of_another_connection(event: IdentityChanged) -> IdentityChanged:
    return event.model_copy(update={"connection": "entra"})


# --- what a connection can give -----------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "rules", "protected"),
    [
        (Role.ADMIN, NOTHING, True),
        (Role.EDITOR, NOTHING, True),
        (Role.VIEWER, NOTHING, True),
        (None, NOTHING, False),
        (Role.ADMIN, VIEWERS, True),
        (Role.VIEWER, VIEWERS, False),
        (Role.ADMIN, dashboard(Role.EDITOR), True),
        (Role.ADMIN, dashboard(Role.ADMIN), False),
        (Role.EDITOR, dashboard(Role.ADMIN), False),
        (Role.ADMIN, DashboardRules(role_map=role_map(IT=Role.ADMIN)), False),
        (Role.ADMIN, DashboardRules(role_map=role_map(Sales=Role.EDITOR)), True),
        (Role.EDITOR, DashboardRules(role_map=role_map(Guests=Role.VIEWER, IT=Role.ADMIN)), False),
    ],
)
def test_an_account_with_a_higher_role_than_the_connection_can_give_keeps_its_email(
    role: Role | None, rules: DashboardRules, protected: bool
) -> None:
    world, joined = adopted(role, rules)
    [planned] = play(world, renamed(joined, email=OTHERS))
    assert (EMAIL in refusals(planned)) is protected
    assert account_of(world).email == (ADA if protected else OTHERS)


@pytest.mark.parametrize("rules", [VIEWERS, dashboard(Role.EDITOR)])
def test_an_admin_by_hand_is_not_downgraded_by_a_rule_of_less(rules: DashboardRules) -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    [planned] = play(world, joiner(rules))
    assert refusals(planned) == [ROLE]
    assert account_of(world).role is Role.ADMIN


def test_an_admin_by_hand_is_not_downgraded_by_a_mapping_of_less() -> None:
    rules = DashboardRules(role_map=role_map(Guests=Role.VIEWER))
    world, joined = adopted(Role.ADMIN, rules)
    [planned] = play(world, moved(joined, rules, "Guests"))
    assert refusals(planned) == [ROLE]
    assert account_of(world).role is Role.ADMIN


def test_any_line_of_the_mapping_counts_whomever_it_concerns() -> None:
    world, _ = adopted(Role.ADMIN, dashboard(Role.VIEWER, IT=Role.ADMIN))
    assert account_of(world).role is Role.VIEWER
    assert refused(world) == []


def test_an_event_that_does_not_tell_what_can_be_given_protects() -> None:
    rules = dashboard(Role.VIEWER, IT=Role.ADMIN)
    joined = joiner(rules)
    assert isinstance(joined.terms, DashboardTerms)
    untold = joined.terms.model_copy(update={"highest_role": None})
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    play(world, joined.model_copy(update={"terms": untold}))
    assert (account_of(world).role, refused(world)) == (Role.ADMIN, [Reason.PROTECTED])
    play(world, resynced(joined, rules))
    assert (account_of(world).role, refused(world)) == (Role.VIEWER, [])


# --- what is refused, and what is not -----------------------------------------------------


def test_what_is_beside_email_and_role_follows_the_provider() -> None:
    world, joined = adopted(Role.ADMIN, VIEWERS)
    update = renamed(joined, email=OTHERS, display_name="Ada", given_name="A", external_id="1")
    [planned] = play(world, moved(update, VIEWERS, "Chess"))
    account = account_of(world)
    assert (account.email, account.role) == (ADA, Role.ADMIN)
    assert (account.display_name, account.given_name, account.external_id) == ("Ada", "A", "1")
    assert account.groups == ("Chess",)
    assert (planned.outcome, refusals(planned)) == (Outcome.REFUSED, [ROLE, EMAIL])


@pytest.mark.parametrize("rules", [NOTHING, dashboard(Role.VIEWER, IT=Role.ADMIN)])
def test_nothing_is_refused_where_nothing_would_change(rules: DashboardRules) -> None:
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    [planned] = play(world, moved(joiner(rules), rules, "IT"))
    assert planned.outcome is Outcome.APPLIED


def test_an_address_in_another_case_is_the_same_address() -> None:
    world, joined = adopted(Role.ADMIN, NOTHING)
    [planned] = play(world, renamed(joined, email=ADA.title()))
    assert (planned.refusals, account_of(world).email) == ((), ADA)


def test_an_identity_that_loses_its_address_is_refused_for_that() -> None:
    world, joined = adopted(Role.ADMIN, NOTHING)
    [planned] = play(world, renamed(joined, email=None))
    assert refusals(planned) == [(RefusedAction.CHANGE_EMAIL, Reason.NO_EMAIL)]


def test_accounts_without_roles_are_adopted_as_ever() -> None:
    world = a_world(by_hand(Portal.STORE))
    joined = joiner(STORE)
    play(world, joined, renamed(joined, email=BEN))
    assert (the_account(world).email, refused(world)) == (BEN, [])


def test_a_protected_account_is_removed_by_a_deactivation() -> None:
    rules = DashboardRules(on_deactivate=RemoveCollaborator())
    world, joined = adopted(Role.ADMIN, rules)
    moved_away = renamed(joined, email=OTHERS)
    play(world, moved_away, left(moved_away, rules))
    assert (live(world), refused(world)) == ([BOSS], [])


def test_the_last_admin_is_not_removed_though_protected() -> None:
    rules = DashboardRules(on_deactivate=RemoveCollaborator())
    world = a_world(by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    joined = renamed(joiner(rules), email=ADA)
    [_, planned] = play(world, joined, left(joined, rules))
    assert refusals(planned) == [(RefusedAction.DEACTIVATE, Reason.LAST_ADMIN)]


def test_a_deleted_identity_does_not_keep_an_account_because_it_is_protected() -> None:
    rules = dashboard(Role.VIEWER).model_copy(update={"on_deactivate": LeaveAlone()})
    world, joined = adopted(Role.ADMIN, rules)
    moved_away = renamed(joined, email=OTHERS)
    [_, planned] = play(world, moved_away, deleted(moved_away, rules))
    assert (planned.outcome, planned.record.account_id) == (Outcome.APPLIED, None)
    assert [(it.email, it.role) for it in live(world)] == [
        (ADA, Role.ADMIN),
        (BOSS.email, Role.ADMIN),
    ]


# --- release ------------------------------------------------------------------------------


def test_a_released_account_follows_the_connection_at_once() -> None:
    world, joined = adopted(Role.ADMIN, VIEWERS)
    play(world, renamed(joined, email=OTHERS))
    world.release_account(account_of(world).id)
    world.replan_due()
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)
    assert refused(world) == []


def test_an_account_that_was_released_before_anybody_linked_it_is_adopted() -> None:
    hand = by_hand(Portal.DASHBOARD, ADA, Role.ADMIN)
    world = a_world(BOSS, hand)
    world.release_account(hand.id)
    joined = joiner(NOTHING)
    play(world, joined, renamed(joined, email=OTHERS))
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.ADMIN)


def test_a_release_that_meets_another_obstacle_is_refused_for_that_one() -> None:
    world, joined = adopted(Role.ADMIN, NOTHING)
    world.add_account(by_hand(Portal.DASHBOARD, BEN, Role.VIEWER))
    play(world, renamed(joined, email=BEN))
    assert refused(world) == [Reason.PROTECTED]
    world.release_account(account_of(world).id)
    world.replan_due()
    assert refused(world) == [Reason.CONFLICT]


def test_rules_that_can_give_the_role_end_the_protection() -> None:
    world, joined = adopted(Role.ADMIN, NOTHING)
    moved_away = renamed(joined, email=OTHERS)
    play(world, moved_away)
    assert refused(world) == [Reason.PROTECTED]
    play(world, resynced(moved_away, DashboardRules(role_map=role_map(IT=Role.ADMIN))))
    assert (account_of(world).email, refused(world)) == (OTHERS, [])


# --- rules that give less than before -----------------------------------------------------


def test_a_mapped_role_ends_with_its_line_though_the_account_is_above_the_connection() -> None:
    mapped = DashboardRules(role_map=role_map(IT=Role.ADMIN))
    world, joined = adopted(Role.VIEWER, mapped)
    admin = moved(joined, mapped, "IT")
    play(world, admin)
    assert account_of(world).role is Role.ADMIN
    play(world, resynced(admin, NOTHING))
    assert (account_of(world).role, refused(world)) == (Role.VIEWER, [])


def test_an_admin_whom_a_mapping_lowered_is_not_raised_by_a_connection_that_gives_less() -> None:
    mapped = DashboardRules(role_map=role_map(IT=Role.ADMIN, Guests=Role.VIEWER))
    world, joined = adopted(Role.ADMIN, mapped)
    guest = renamed(moved(joined, mapped, "Guests"), email=OTHERS)
    play(world, guest)
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)
    play(world, resynced(guest, NOTHING))
    assert (account_of(world).role, refused(world)) == (Role.VIEWER, [Reason.PROTECTED])


def test_an_admin_who_stays_only_for_want_of_another_keeps_the_address() -> None:
    mapped = dashboard(Role.VIEWER, IT=Role.ADMIN)
    world = a_world(by_hand(Portal.DASHBOARD, ADA, Role.VIEWER))
    admin = moved(joiner(mapped), mapped, "IT")
    play(world, admin)
    play(world, resynced(renamed(admin, email=OTHERS), VIEWERS))
    assert (account_of(world).email, account_of(world).role) == (ADA, Role.ADMIN)
    assert refused(world) == [Reason.LAST_ADMIN, Reason.PROTECTED]
    world.add_account(BOSS)
    world.replan_due()
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)


@pytest.mark.parametrize(("less", "role"), [(VIEWERS, Role.VIEWER), (NOTHING, Role.EDITOR)])
def test_what_a_connection_made_itself_is_its_own_under_rules_that_give_less(
    less: DashboardRules, role: Role
) -> None:
    world = a_world(BOSS)
    joined = joiner(dashboard(Role.EDITOR))
    play(world, joined, resynced(renamed(joined, email=OTHERS), less))
    account = account_of(world)
    assert (account.email, account.role, refused(world)) == (OTHERS, role, [])


# --- several connections ------------------------------------------------------------------

KEEP_ADMINS = dashboard(Role.ADMIN).model_copy(update={"on_deactivate": LeaveAlone()})


def test_an_admin_that_another_connection_left_behind_keeps_the_address() -> None:
    world = a_world(BOSS)
    made = joiner(KEEP_ADMINS, ADA, "first")
    joined = of_another_connection(joiner(NOTHING))
    play(world, made, deleted(made, KEEP_ADMINS), joined, renamed(joined, email=OTHERS))
    assert (account_of(world).email, account_of(world).role) == (ADA, Role.ADMIN)
    assert refused(world) == [Reason.PROTECTED]


def test_an_account_that_another_connection_made_follows_a_rule_of_less() -> None:
    world = a_world(BOSS)
    made = joiner(KEEP_ADMINS, ADA, "first")
    joined = of_another_connection(joiner(VIEWERS))
    play(world, made, deleted(made, KEEP_ADMINS), joined, renamed(joined, email=OTHERS))
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)
    play(world, resynced(renamed(joined, email=OTHERS), NOTHING))
    assert account_of(world).role is Role.VIEWER


def test_a_mapping_of_less_is_no_way_to_the_address_of_another_connections_admin() -> None:
    guests = DashboardRules(role_map=role_map(Guests=Role.VIEWER))
    world = a_world(BOSS)
    made = joiner(KEEP_ADMINS, ADA, "first")
    joined = of_another_connection(joiner(guests))
    guest = renamed(moved(joined, guests, "Guests"), email=OTHERS)
    play(world, made, deleted(made, KEEP_ADMINS), joined, guest)
    assert account_of(world).role is Role.VIEWER
    play(world, moved(guest, guests))
    assert (account_of(world).email, account_of(world).role) == (ADA, Role.VIEWER)
    assert refused(world) == [Reason.PROTECTED, Reason.PROTECTED]


def test_the_last_admin_of_a_deleted_identity_is_not_renamed_by_its_successor() -> None:
    rules = dashboard(Role.ADMIN)
    world = a_world()
    made = joiner(rules, ADA, "first")
    play(world, made, deleted(made, rules))
    assert refused(world, "first") == [Reason.LAST_ADMIN]
    joined = of_another_connection(joiner(VIEWERS))
    play(world, joined, renamed(joined, email=OTHERS))
    assert (the_account(world).email, the_account(world).role) == (ADA, Role.ADMIN)
    assert refused(world) == [Reason.LAST_ADMIN, Reason.PROTECTED]


def test_a_connection_that_may_adopt_an_account_does_not_open_it_to_another() -> None:
    admins = DashboardRules(role_map=role_map(IT=Role.ADMIN))
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    first = joiner(admins, ADA, "first")
    joined = of_another_connection(joiner(NOTHING))
    play(world, first, deleted(first, admins), joined, renamed(joined, email=OTHERS))
    assert (account_of(world).email, refused(world)) == (ADA, [Reason.PROTECTED])
