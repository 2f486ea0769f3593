"""Do e-mail, names, externalId and groups reach the account? And what waits, what is refused?"""

import pytest

from contracts.rules import CreateNothing, LeaveAlone, Portal, RemoveUser
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    Rules,
    a_world,
    by_hand,
    dashboard,
    deleted,
    joiner,
    kinds,
    left,
    live,
    mdm,
    moved,
    play,
    refusals,
    refused,
    renamed,
    returned,
    the_account,
)
from worker.planning.actions import ChangeAccount, Outcome, Reason, RefusedAction, RestoreAccount

PORTALS: list[Rules] = [STORE, dashboard(), mdm(RemoveUser())]
each_portal = pytest.mark.parametrize("rules", PORTALS, ids=lambda it: str(it.portal))


@each_portal
def test_groups_are_mirrored_onto_the_account(rules: Rules) -> None:
    world = a_world()
    member = moved(joiner(rules), rules, "Chess", "Sales")
    play(world, member)
    assert the_account(world).groups == ("Chess", "Sales")
    play(world, moved(member, rules, "Sales"))
    assert the_account(world).groups == ("Sales",)


@each_portal
def test_address_names_and_external_id_reach_the_account_which_keeps_its_id(rules: Rules) -> None:
    world = a_world()
    joined = joiner(rules)
    play(world, joined)
    account = the_account(world)
    changes = {
        "email": BEN,
        "display_name": "Ben",
        "given_name": "Benjamin",
        "family_name": "Okri",
        "external_id": "00u1",
    }
    [planned] = play(world, renamed(joined, **changes))
    assert kinds(planned) == [ChangeAccount]
    after = the_account(world)
    assert after.id == account.id
    assert {name: getattr(after, name) for name in changes} == changes


def test_an_attribute_that_was_taken_away_goes() -> None:
    world = a_world()
    named = renamed(joiner(STORE), display_name="Ada", external_id="00u1")
    play(world, named, renamed(named, display_name=None, external_id=None))
    assert (the_account(world).display_name, the_account(world).external_id) == (None, None)


def test_nothing_is_done_where_nothing_differs() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined)
    [planned] = play(world, renamed(joined))
    assert (planned.outcome, planned.actions) == (Outcome.APPLIED, ())


# --- what waits ---------------------------------------------------------------------------


def test_a_return_brings_the_profile_of_now_to_the_same_account() -> None:
    world = a_world()
    gone = left(joiner(STORE), STORE)
    play(world, gone)
    [planned] = play(world, renamed(returned(gone), email=BEN, display_name="Ben"))
    assert kinds(planned) == [RestoreAccount]
    [account] = world.accounts.values()
    assert (account.email, account.display_name) == (BEN, "Ben")


def test_groups_of_a_leaver_who_keeps_the_account_are_mirrored() -> None:
    rules = STORE.model_copy(update={"on_deactivate": LeaveAlone()})
    world = a_world()
    gone = left(moved(joiner(rules), rules, "Sales"), rules)
    play(world, gone, moved(gone, rules))
    assert the_account(world).groups == ()


# --- addresses ----------------------------------------------------------------------------


def test_a_new_address_that_another_live_account_has_is_a_conflict() -> None:
    world = a_world(by_hand(Portal.STORE, BEN))
    joined = joiner(STORE)
    [_, planned] = play(world, joined, renamed(joined, email=BEN, display_name="Ada"))
    assert planned.outcome is Outcome.REFUSED
    assert refusals(planned) == [(RefusedAction.CHANGE_EMAIL, Reason.CONFLICT)]
    assert live(world)[0].email == ADA
    assert live(world)[0].display_name == "Ada"


def test_a_new_address_is_taken_when_the_other_account_gives_it_up() -> None:
    world = a_world()
    ada, ben = joiner(STORE), joiner(STORE, BEN, "ben")
    play(world, ada, ben, renamed(ada, email=BEN), left(ben, STORE))
    assert the_account(world).email == BEN
    assert refused(world) == []


def test_an_address_that_differs_in_case_only_is_no_conflict() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined, renamed(joined, email=ADA.title()))
    assert the_account(world).email == ADA.title()


def test_without_an_address_nobody_is_created() -> None:
    world = a_world()
    [planned] = play(world, joiner(STORE, None))
    assert planned.outcome is Outcome.REFUSED
    assert refusals(planned) == [(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)]
    assert live(world) == []


def test_under_nothing_too_somebody_without_an_address_is_refused() -> None:
    rules = STORE.model_copy(update={"on_create": CreateNothing()})
    [planned] = play(a_world(), joiner(rules, None))
    assert refusals(planned) == [(RefusedAction.PROVIDE_ACCOUNT, Reason.NO_EMAIL)]


def test_an_address_that_arrives_later_makes_the_account() -> None:
    world = a_world()
    joined = joiner(STORE, None)
    play(world, joined, renamed(joined, email=ADA))
    assert the_account(world).email == ADA
    assert refused(world) == []


def test_an_account_keeps_its_address_when_the_identity_loses_it_visibly() -> None:
    world = a_world()
    joined = joiner(STORE)
    [_, planned] = play(world, joined, renamed(joined, email=None, display_name="Ada"))
    assert refusals(planned) == [(RefusedAction.CHANGE_EMAIL, Reason.NO_EMAIL)]
    assert (the_account(world).email, the_account(world).display_name) == (ADA, "Ada")


def test_a_leaver_without_an_address_is_removed_all_the_same() -> None:
    world = a_world()
    joined = joiner(STORE)
    nameless = renamed(joined, email=None)
    play(world, joined, nameless, deleted(nameless, STORE))
    assert live(world) == []
    assert refused(world) == []
