"""What becomes of an account that yielded? Nothing that the same state once more would change."""

import pytest

from contracts.rules import DashboardRules, Portal, Role
from tests.drivers.leavers import (
    CHARLES,
    KEEP,
    NEXT,
    STAYS,
    addresses,
    obstacles,
    waiting,
)
from tests.drivers.people import (
    ADA,
    BEN,
    BOSS,
    WORKSPACE,
    a_world,
    account_of,
    by_hand,
    dashboard,
    deleted,
    joiner,
    left,
    moved,
    play,
    refused,
    renamed,
    resynced,
    returned,
)
from worker.planning.actions import Reason
from worker.planning.obstacles import email_obstacle


def test_who_yielded_and_has_the_old_address_again_ends_as_at_the_first_event() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    back = renamed(waits, waiting_email=None)
    play(world, back, again := resynced(back), resynced(again))
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    assert refused(world) == []


def test_an_address_that_was_taken_when_it_was_told_is_had_once_the_account_has_to_move() -> None:
    world = a_world()
    joined, third = joiner(KEEP), joiner(KEEP, BEN, "third")
    play(world, third, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    play(world, taken := waiting(waits, BEN), again := resynced(taken))
    assert addresses(world) == {NEXT: "ada", ADA: "new", BEN: "third"}
    play(world, renamed(third, email=CHARLES), resynced(again))
    assert addresses(world) == {NEXT: "ada", ADA: "new", CHARLES: "third"}
    play(world, joiner(KEEP, NEXT, "fourth"))
    assert addresses(world) == {BEN: "ada", ADA: "new", CHARLES: "third", NEXT: "fourth"}
    assert not world.refused


def test_who_yielded_and_has_the_old_address_again_goes_back_there_once_the_other_is_claimed() -> (
    None
):
    world = a_world()
    joined, new = joiner(KEEP), joiner(KEEP, ADA, "new")
    play(world, joined, waits := waiting(left(joined, KEEP)), new)
    play(world, renamed(waits, waiting_email=None), joiner(KEEP, NEXT, "third"))
    assert obstacles(world, "third") == [email_obstacle(WORKSPACE, Portal.STORE, ADA)]
    play(world, renamed(new, email=BEN))
    assert addresses(world) == {ADA: "ada", BEN: "new", NEXT: "third"}
    assert not world.refused
    play(world, joiner(KEEP, ADA, "fourth"))
    assert refused(world, "fourth") == [Reason.CONFLICT], "it is the newest address again"


@pytest.mark.parametrize("seen", ["all", "the last state"])
def test_who_came_back_under_the_old_address_and_left_again_goes_on_being_refused(
    seen: str,
) -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), new := joiner(KEEP, ADA, "new"))
    back = renamed(returned(waits), waiting_email=None)
    gone = left(back, KEEP)
    play(world, *([back, gone] if seen == "all" else [gone]), again := resynced(gone))
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    assert refused(world) == [Reason.CONFLICT]
    play(world, resynced(again), renamed(new, email=BEN))
    assert addresses(world) == {ADA: "ada", BEN: "new"}
    assert not world.refused


@pytest.mark.parametrize("seen", ["all", "the last state"])
def test_who_was_refused_an_address_before_leaving_yields_what_the_account_has(seen: str) -> None:
    world = a_world()
    joined, ben = joiner(KEEP), joiner(KEEP, BEN, "ben")
    wants = renamed(joined, email=BEN)
    waits = waiting(left(wants, KEEP))
    play(world, ben, joined, *([wants] if seen == "all" else []), waits)
    assert (addresses(world), refused(world)) == ({ADA: "ada", BEN: "ben"}, [Reason.CONFLICT])
    play(world, joiner(KEEP, ADA, "new"), resynced(waits))
    assert addresses(world) == {NEXT: "ada", ADA: "new", BEN: "ben"}
    assert refused(world) == [Reason.CONFLICT]
    play(world, renamed(ben, email=CHARLES))
    assert addresses(world) == {BEN: "ada", ADA: "new", CHARLES: "ben"}
    assert not world.refused


@pytest.mark.parametrize("newest", [None, NEXT, BEN])
def test_who_yielded_and_is_deleted_leaves_the_account_where_it_is(newest: str | None) -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    gone = deleted(renamed(waits, waiting_email=newest), KEEP)
    play(world, joiner(KEEP, BEN, "ben"), gone, resynced(gone))
    assert addresses(world) == {NEXT: None, ADA: "new", BEN: "ben"}
    assert not world.refused


def test_groups_reach_an_account_that_yielded() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    play(world, moved(renamed(waits, waiting_email=None), KEEP, "IT"))
    assert account_of(world).groups == ("IT",)
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    assert not world.refused


def test_what_was_yielded_is_not_refused_where_the_account_becomes_protected() -> None:
    admins, nothing = dashboard(Role.ADMIN).model_copy(update=STAYS), DashboardRules()
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    joined = joiner(admins)
    play(world, joined, waits := waiting(left(joined, admins)), joiner(admins, ADA, "new"))
    play(world, fewer := resynced(waits, nothing), resynced(fewer, nothing))
    assert {ADA: "new", NEXT: "ada"}.items() <= addresses(world).items()
    assert not world.refused
