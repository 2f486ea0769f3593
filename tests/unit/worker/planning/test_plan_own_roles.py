"""Which role stays when a mapping, a holder or an account goes? The account's own."""

import pytest

from contracts.rules import (
    CreateCollaborator,
    CreateNothing,
    DashboardRules,
    LeaveAlone,
    Portal,
    Role,
)
from tests.drivers.people import (
    ADA,
    BOSS,
    a_world,
    account_of,
    adopted,
    by_hand,
    dashboard,
    deleted,
    holder,
    joiner,
    kinds,
    left,
    live,
    moved,
    play,
    refused,
    renamed,
    resynced,
    returned,
    role_map,
)
from worker.planning.actions import Reason, RestoreAccount

OTHERS = "mallory@evil.test"
NOTHING = DashboardRules()
VIEWERS = dashboard(Role.VIEWER)

# --- coming back --------------------------------------------------------------------------


def test_a_removed_admin_by_hand_comes_back_as_the_rule_makes_people() -> None:
    world, joined = adopted(Role.ADMIN, VIEWERS)
    gone = left(joined, VIEWERS)
    [_, planned] = play(world, gone, renamed(returned(gone), email=OTHERS))
    assert kinds(planned) == [RestoreAccount]
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)


def test_a_role_by_hand_does_not_come_back_once_the_account_was_removed() -> None:
    world, joined = adopted(Role.ADMIN, VIEWERS)
    gone = left(joined, VIEWERS)
    back = renamed(returned(gone), email=OTHERS)
    play(world, gone, back, resynced(back, NOTHING))
    assert (account_of(world).email, account_of(world).role) == (OTHERS, Role.VIEWER)


def test_a_restored_account_is_one_that_scim_made() -> None:
    world, joined = adopted(Role.ADMIN, dashboard(Role.EDITOR))
    gone = left(joined, VIEWERS)
    back = returned(gone)
    play(world, gone, back, resynced(renamed(back, email=OTHERS), VIEWERS))
    assert (account_of(world).email, account_of(world).role, refused(world)) == (
        OTHERS,
        Role.VIEWER,
        [],
    )


# --- a mapped role ends with its holder ---------------------------------------------------

MAPPING = DashboardRules(role_map=role_map(IT=Role.ADMIN, Guests=Role.VIEWER))


@pytest.mark.parametrize(
    ("own", "group"),
    [(Role.VIEWER, "IT"), (Role.EDITOR, "IT"), (Role.EDITOR, "Guests"), (None, "IT")],
)
def test_an_account_falls_back_to_the_role_by_hand_when_its_holder_is_deleted(
    own: Role | None, group: str
) -> None:
    world, joined = adopted(own, MAPPING)
    mapped = moved(joined, MAPPING, group)
    play(world, mapped)
    assert account_of(world).role is MAPPING.lines_for([group])[0].role
    play(world, deleted(mapped, MAPPING))
    assert [account.role for account in live(world)] == [own, Role.ADMIN]


@pytest.mark.parametrize("on_create", [CreateNothing(), CreateCollaborator(role=Role.VIEWER)])
def test_a_successor_in_no_group_is_not_admin(
    on_create: CreateNothing | CreateCollaborator,
) -> None:
    rules = MAPPING.model_copy(update={"on_create": on_create})
    world, joined = adopted(Role.VIEWER, rules)
    admin = moved(joined, rules, "IT")
    play(world, admin, deleted(admin, rules), joiner(rules, ADA, "ada-2"))
    account = live(world)[0]
    assert (holder(world, account), account.role) == ("ada-2", Role.VIEWER)


def test_who_takes_over_from_a_deleted_last_admin_starts_from_the_role_by_hand() -> None:
    world = a_world(by_hand(Portal.DASHBOARD, ADA, Role.VIEWER))
    admin = moved(joiner(MAPPING), MAPPING, "IT")
    play(world, admin, deleted(admin, MAPPING))
    assert refused(world) == [Reason.LAST_ADMIN]
    play(world, joiner(MAPPING, ADA, "ada-2"))
    assert refused(world, "ada-2") == [Reason.LAST_ADMIN]
    world.add_account(BOSS)
    world.replan_due()
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]


def test_what_the_rule_gave_stays_when_the_holder_is_deleted() -> None:
    rules = dashboard(Role.EDITOR).model_copy(update={"on_deactivate": LeaveAlone()})
    world, joined = adopted(Role.VIEWER, rules)
    play(world, deleted(joined, rules), joiner(NOTHING, ADA, "ada-2"))
    assert live(world)[0].role is Role.EDITOR


def test_a_role_that_a_rule_lowered_does_not_rise_with_the_next_holder() -> None:
    rules = dashboard(Role.VIEWER, IT=Role.ADMIN).model_copy(update={"on_deactivate": LeaveAlone()})
    world, joined = adopted(Role.ADMIN, rules)
    play(world, deleted(joined, rules), joiner(MAPPING, ADA, "ada-2"))
    assert live(world)[0].role is Role.VIEWER


def test_an_account_that_scim_made_falls_back_to_the_rule_of_now() -> None:
    rules = dashboard(Role.EDITOR, IT=Role.ADMIN).model_copy(update={"on_deactivate": LeaveAlone()})
    less = rules.model_copy(update={"on_create": CreateCollaborator(role=Role.VIEWER)})
    world = a_world(BOSS)
    admin = moved(joiner(rules), rules, "IT")
    resync = resynced(admin, less)
    play(world, admin, resync, deleted(resync, less))
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]


def test_a_leaver_who_keeps_the_account_keeps_the_mapped_role_until_deleted() -> None:
    world, joined = adopted(Role.VIEWER, MAPPING)
    gone = left(moved(joined, MAPPING, "IT"), MAPPING)
    play(world, gone)
    assert account_of(world).role is Role.ADMIN
    play(world, deleted(gone, MAPPING))
    assert [account.role for account in live(world)] == [Role.VIEWER, Role.ADMIN]
