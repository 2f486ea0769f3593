"""Which accounts move so that somebody active gets an address? Leavers in a row, or in a ring."""

import pytest

from contracts.rules import Portal
from tests.drivers.leavers import (
    CHARLES,
    KEEP,
    NEXT,
    addresses,
    obstacles,
    waiting,
    waiting_row,
)
from tests.drivers.people import (
    ADA,
    BEN,
    WORKSPACE,
    a_world,
    account_of,
    joiner,
    kinds,
    left,
    live,
    play,
    refused,
    renamed,
    resynced,
)
from worker.planning.actions import ChangeAccount, Reason, YieldAddress
from worker.planning.obstacles import email_obstacle
from worker.planning.working_set import LONGEST_YIELD_CHAIN


def test_two_addresses_are_swapped_with_somebody_who_left() -> None:
    world = a_world()
    joined, other = joiner(KEEP), joiner(KEEP, BEN, "ben")
    play(world, joined, other, waits := waiting(left(joined, KEEP), BEN))
    had = {account.id for account in live(world)}
    swapped = play(world, claim := renamed(other, email=ADA))[0]
    assert kinds(swapped) == [YieldAddress, ChangeAccount]
    play(world, resynced(claim), resynced(waits))
    assert addresses(world) == {BEN: "ada", ADA: "ben"}
    assert {account.id for account in live(world)} == had
    assert not world.refused
    assert world.facts_for(joiner(KEEP, BEN, "third")).account_with_email == account_of(world)


@pytest.mark.parametrize("last", [CHARLES, NEXT])
def test_a_row_of_leavers_makes_way(last: str) -> None:
    """Its last one goes to a free address, or to the one that the claimant leaves."""
    world = a_world()
    claimant = joiner(KEEP, CHARLES, "charles")
    play(world, claimant, *waiting_row(ADA, BEN, last), renamed(claimant, email=ADA))
    assert addresses(world) == {ADA: "charles", BEN: f"was {ADA}", last: f"was {BEN}"}
    assert not world.refused


def test_leavers_who_wait_for_each_other_make_no_way() -> None:
    world = a_world()
    [ada, gone, ben, left_ben] = waiting_row(ADA, BEN, ADA)
    play(world, ada, ben, gone, left_ben, joiner(KEEP, ADA, "new"))
    assert addresses(world) == {ADA: f"was {ADA}", BEN: f"was {BEN}"}
    assert refused(world, "new") == [Reason.CONFLICT]
    play(world, waiting(left_ben, NEXT))
    assert addresses(world) == {ADA: "new", BEN: f"was {ADA}", NEXT: f"was {BEN}"}
    assert not world.refused


def test_who_waits_for_the_end_of_a_row_hears_of_a_change_at_its_head() -> None:
    world = a_world()
    third = joiner(KEEP, NEXT, "third")
    [ada, gone, *rest] = waiting_row(ADA, BEN, NEXT)
    play(world, third, ada, gone, *rest, joiner(KEEP, ADA, "new"))
    assert obstacles(world, "new") == [email_obstacle(WORKSPACE, Portal.STORE, NEXT)]
    play(world, waiting(gone, CHARLES))
    assert addresses(world)[ADA] == "new"
    assert not world.refused


def test_a_claimant_hears_that_an_address_is_free_because_its_holder_moved_elsewhere() -> None:
    world = a_world()
    charles, third = joiner(KEEP, CHARLES, "charles"), joiner(KEEP, NEXT, "third")
    refused_before = renamed(joined := joiner(KEEP), email=CHARLES)
    play(world, charles, third, joined, refused_before, waiting(left(refused_before, KEEP)))
    play(world, joiner(KEEP, ADA, "new"))
    assert obstacles(world, "new") == [email_obstacle(WORKSPACE, Portal.STORE, NEXT)]
    play(world, renamed(charles, email=BEN))
    assert addresses(world) == {BEN: "charles", NEXT: "third", CHARLES: "ada", ADA: "new"}
    assert not world.refused


@pytest.mark.parametrize("too_many", [0, 1])
def test_a_row_that_makes_way_is_not_longer_than_a_worker_may_look_at(too_many: int) -> None:
    emails = [f"{number}@acme.test" for number in range(LONGEST_YIELD_CHAIN + 1 + too_many)]
    world = a_world()
    play(world, *waiting_row(*emails), joiner(KEEP, emails[0], "new"))
    assert refused(world, "new") == [Reason.CONFLICT] * too_many
