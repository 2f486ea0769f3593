"""Who holds which account? Linking, conflicts, letting go."""

import pytest

from contracts.rules import (
    LeaveAlone,
    Portal,
    RemoveEmployee,
    Role,
    StoreRules,
)
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    a_world,
    by_hand,
    dashboard,
    deleted,
    holder,
    joiner,
    kinds,
    left,
    live,
    play,
    refusals,
    refused,
    renamed,
    resynced,
    returned,
    the_account,
)
from worker.planning.actions import (
    ChangeAccount,
    LinkAccount,
    Outcome,
    Reason,
    RefusedAction,
    UnlinkAccount,
)
from worker.planning.facts import Account

LINK_ONLY = StoreRules(on_deactivate=RemoveEmployee())
KEEP = STORE.model_copy(update={"on_deactivate": LeaveAlone()})

# --- linking ------------------------------------------------------------------------------


def test_under_nothing_updates_reach_the_account_that_was_linked() -> None:
    hand = by_hand(Portal.STORE)
    world = a_world(hand)
    joined = joiner(LINK_ONLY)
    update = renamed(joined, display_name="Ada", given_name="A", family_name="L")
    play(world, joined, update)
    account = the_account(world)
    assert account.id == hand.id
    assert (account.display_name, account.given_name, account.family_name) == ("Ada", "A", "L")


def test_under_nothing_deactivation_reaches_the_account_that_was_linked() -> None:
    world = a_world(by_hand(Portal.STORE))
    joined = joiner(LINK_ONLY)
    play(world, joined, left(joined, LINK_ONLY))
    assert live(world) == []


def test_under_nothing_an_account_made_later_is_linked_at_the_next_event() -> None:
    world = a_world()
    joined = joiner(LINK_ONLY)
    play(world, joined)
    world.add_account(by_hand(Portal.STORE))
    [planned] = play(world, resynced(joined))
    assert kinds(planned) == [LinkAccount]


def test_under_nothing_an_address_that_becomes_an_accounts_address_links_it() -> None:
    world = a_world(by_hand(Portal.STORE, BEN))
    joined = joiner(LINK_ONLY)
    [_, planned] = play(world, joined, renamed(joined, email=BEN))
    assert kinds(planned) == [LinkAccount]


def test_an_account_of_another_portal_or_workspace_is_not_linked() -> None:
    elsewhere = Account("x", "other", Portal.STORE, ADA)
    world = a_world(by_hand(Portal.MDM), elsewhere)
    [planned] = play(world, joiner(LINK_ONLY))
    assert planned.actions == ()


@pytest.mark.parametrize("email", ["ADA@acme.test", "Ada@Acme.Test"])
def test_addresses_are_compared_whatever_their_case(email: str) -> None:
    world = a_world(by_hand(Portal.STORE, email))
    [planned] = play(world, joiner(STORE))
    assert kinds(planned) == [LinkAccount, ChangeAccount]
    assert the_account(world).email == ADA


# --- conflicts ----------------------------------------------------------------------------


def test_an_account_that_another_identity_holds_is_refused_as_a_conflict() -> None:
    world = a_world()
    [_, planned] = play(world, joiner(STORE), joiner(STORE, ADA, "ada-2"))
    assert planned.outcome is Outcome.REFUSED
    assert refusals(planned) == [(RefusedAction.PROVIDE_ACCOUNT, Reason.CONFLICT)]
    assert planned.record.applied_version == 1
    assert holder(world, the_account(world)) == "ada"


def test_under_nothing_too_an_account_that_is_held_is_refused() -> None:
    world = a_world(by_hand(Portal.STORE))
    [_, planned] = play(world, joiner(LINK_ONLY), joiner(LINK_ONLY, ADA, "ada-2"))
    assert refusals(planned) == [(RefusedAction.PROVIDE_ACCOUNT, Reason.CONFLICT)]


def test_an_inactive_identity_still_holds_the_account_that_it_kept() -> None:
    world = a_world()
    play(world, left(joiner(KEEP), KEEP), joiner(KEEP, ADA, "ada-2"))
    assert refused(world, "ada-2") == [Reason.CONFLICT]


def test_who_was_refused_gets_the_account_when_the_holder_is_deleted() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, joiner(KEEP, ADA, "ada-2"), deleted(joined, KEEP))
    assert holder(world, the_account(world)) == "ada-2"
    assert refused(world, "ada-2") == []


def test_who_was_refused_gets_an_account_when_that_of_the_holder_is_removed() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined, joiner(STORE, ADA, "ada-2"), left(joined, STORE))
    assert holder(world, the_account(world)) == "ada-2"


def test_who_was_refused_gets_an_account_when_the_holder_takes_another_address() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined, joiner(STORE, ADA, "ada-2"), renamed(joined, email=BEN))
    assert [(it.email, holder(world, it)) for it in live(world)] == [(ADA, "ada-2"), (BEN, "ada")]


def test_a_deactivated_identity_that_never_got_the_account_does_not_remove_it() -> None:
    world = a_world()
    refused_one = joiner(STORE, ADA, "ada-2")
    play(world, joiner(STORE), refused_one, left(refused_one, STORE))
    assert holder(world, the_account(world)) == "ada"
    assert refused(world, "ada-2") == []


def test_two_directories_of_one_portal_do_not_share_an_account() -> None:
    world = a_world()
    merged = joiner(STORE).model_copy(update={"connection": "entra"})
    play(world, joiner(STORE), merged)
    assert len(live(world)) == 1
    assert refused(world) == [Reason.CONFLICT]


# --- letting go ---------------------------------------------------------------------------


def test_deletion_unlinks_an_account_that_stays() -> None:
    world = a_world()
    joined = joiner(KEEP)
    [_, planned] = play(world, joined, deleted(joined, KEEP))
    assert kinds(planned) == [UnlinkAccount]
    assert planned.record.account_id is None
    assert the_account(world).email == ADA


@pytest.mark.parametrize("email", [BEN, None])
def test_an_address_that_was_refused_does_not_keep_a_deleted_identity_refused(
    email: str | None,
) -> None:
    world = a_world(by_hand(Portal.STORE, BEN))
    joined = joiner(KEEP)
    update = renamed(joined, email=email)
    play(world, joined, update)
    [planned] = play(world, deleted(update, KEEP))
    assert (planned.outcome, planned.refusals) == (Outcome.APPLIED, ())
    assert kinds(planned) == [UnlinkAccount]


def test_a_user_that_is_created_again_with_the_same_name_gets_the_account_that_stayed() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined)
    account = the_account(world)
    [_, planned] = play(world, deleted(joined, KEEP), joiner(KEEP, ADA, "ada-2"))
    assert kinds(planned) == [LinkAccount]
    assert the_account(world).id == account.id


def test_a_removed_account_keeps_its_record_but_no_address() -> None:
    world = a_world()
    joined = renamed(joiner(STORE), display_name="Ada")
    play(world, joined, deleted(joined, STORE))
    [account] = world.accounts.values()
    assert (account.removed, account.email, account.display_name) == (True, None, "Ada")


def test_an_address_is_free_for_a_new_account_once_the_old_one_is_removed() -> None:
    world = a_world()
    joined = joiner(STORE)
    play(world, joined, deleted(joined, STORE), joiner(STORE, ADA, "ada-2"))
    assert len(world.accounts) == 2
    assert holder(world, the_account(world)) == "ada-2"


def test_who_returns_after_the_address_was_given_away_is_refused() -> None:
    world = a_world()
    gone = left(joiner(STORE), STORE)
    play(world, gone, joiner(STORE, ADA, "ada-2"), returned(gone))
    assert refused(world, "ada") == [Reason.CONFLICT]
    assert holder(world, the_account(world)) == "ada-2"


def test_a_successor_takes_the_account_that_waits_for_a_refused_deactivation() -> None:
    rules = dashboard(Role.ADMIN)
    world = a_world()
    joined = joiner(rules)
    play(world, joined, deleted(joined, rules), joiner(rules, ADA, "ada-2"))
    play(world, joiner(rules, BEN, "ben"))
    assert [holder(world, account) for account in live(world)] == ["ada-2", "ben"]
    assert world.refused == {}


def test_two_deleted_identities_do_not_take_an_account_from_each_other_forever() -> None:
    rules = dashboard(Role.ADMIN)
    world = a_world()
    for identity in ("ada", "ada-2", "ada-3"):
        play(world, deleted(joiner(rules, ADA, identity), rules))
    assert [key.identity for key in world.refused] == ["ada-3"]
    play(world, joiner(rules, BEN, "ben"))
    assert the_account(world).email == BEN
    assert world.refused == {}


def test_who_lost_the_account_to_a_successor_does_not_remove_another_one() -> None:
    rules = dashboard(Role.ADMIN)
    other = by_hand(Portal.DASHBOARD, BEN, Role.VIEWER)
    world = a_world(other)
    joined = joiner(rules)
    refused_address = renamed(joined, email=BEN)
    play(world, joined, refused_address, deleted(refused_address, rules))
    play(world, joiner(rules, ADA, "ada-2"))
    assert [account.email for account in live(world)] == [ADA, BEN]
    assert world.refused == {}
