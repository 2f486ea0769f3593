"""Who gets the address of somebody inactive who has another one by now?"""

from itertools import permutations

import pytest

from contracts.rules import (
    CreateMdmEmployee,
    DashboardRules,
    LeaveAlone,
    MdmRules,
    Portal,
    RemoveEmployee,
    Role,
    StoreRules,
)
from tests.drivers.leavers import GONE, KEEP, NEXT, addresses, waiting
from tests.drivers.people import (
    ADA,
    BEN,
    BOSS,
    STORE,
    Rules,
    a_world,
    account_of,
    by_hand,
    dashboard,
    deleted,
    joiner,
    kinds,
    laptop,
    left,
    play,
    refused,
    renamed,
    resynced,
    returned,
    the_account,
)
from worker.planning.actions import (
    CreateAccount,
    Outcome,
    Reason,
    YieldAddress,
)


@pytest.mark.parametrize("newest", [NEXT, GONE])
def test_a_claimant_gets_an_account_of_its_own(newest: str) -> None:
    world = a_world()
    joined = joiner(KEEP)
    _, _, _, claimed = play(
        world, joined, gone := left(joined, KEEP), waiting(gone, newest), joiner(KEEP, ADA, "new")
    )
    assert addresses(world) == {newest: "ada", ADA: "new"}
    assert account_of(world).id != account_of(world, "new").id
    assert kinds(claimed) == [YieldAddress, CreateAccount]
    assert claimed.outcome is Outcome.APPLIED


def test_nothing_moves_before_somebody_claims_the_address() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, gone := left(joined, KEEP), waits := waiting(gone), resynced(waits))
    assert addresses(world) == {ADA: "ada"}


def test_any_order_ends_alike() -> None:
    joined = joiner(KEEP)
    waits = waiting(left(joined, KEEP))
    events = [joined, left(joined, KEEP), waits, joiner(KEEP, ADA, "new", version=2)]
    for order in permutations(events[1:]):
        world = a_world()
        play(world, events[0], *order, waits)
        assert addresses(world) == {NEXT: "ada", ADA: "new"}
        assert not world.refused


def test_who_was_refused_gets_an_account_once_the_holder_yields() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, left(joined, KEEP), joiner(KEEP, ADA, "new"))
    assert refused(world, "new") == [Reason.CONFLICT]
    play(world, waiting(left(joined, KEEP)))
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    assert not world.refused


def test_a_claimant_that_has_an_account_takes_the_address_over() -> None:
    world = a_world()
    joined, other = joiner(KEEP), joiner(KEEP, BEN, "ben")
    play(world, joined, waiting(left(joined, KEEP)), other)
    had = account_of(world, "ben").id
    play(world, renamed(other, email=ADA))
    assert addresses(world) == {NEXT: "ada", ADA: "ben"}
    assert account_of(world, "ben").id == had


def test_once_yielded_the_account_follows_the_newest_address_and_nothing_is_refused() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    play(world, waits := resynced(waits))
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    play(world, waits := waiting(waits, BEN), resynced(waits))
    assert addresses(world) == {BEN: "ada", ADA: "new"}
    assert not world.refused


def test_who_comes_back_has_the_newest_address() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    back = renamed(returned(waits), email=NEXT, waiting_email=None)
    play(world, back)
    assert addresses(world) == {NEXT: "ada", ADA: "new"}
    play(world, joiner(KEEP, NEXT, "third"))
    assert refused(world, "third") == [Reason.CONFLICT], "an active holder yields nothing"


def test_who_comes_back_under_the_old_address_is_refused_it() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, waits := waiting(left(joined, KEEP), GONE), joiner(KEEP, ADA, "new"))
    play(world, renamed(returned(waits), waiting_email=None))
    assert refused(world) == [Reason.CONFLICT]
    assert addresses(world) == {GONE: "ada", ADA: "new"}


def test_nobody_inactive_claims_anything() -> None:
    world = a_world()
    joined = joiner(KEEP)
    claimant = left(joiner(KEEP, ADA, "new"), KEEP)
    play(world, joined, waiting(left(joined, KEEP)), claimant)
    assert addresses(world) == {ADA: "ada"}
    play(world, returned(claimant))
    assert addresses(world) == {NEXT: "ada", ADA: "new"}


def test_who_has_no_other_address_yields_nothing() -> None:
    world = a_world()
    joined = joiner(KEEP)
    play(world, joined, left(joined, KEEP), joiner(KEEP, ADA, "new"))
    assert addresses(world) == {ADA: "ada"}
    assert refused(world, "new") == [Reason.CONFLICT]


def test_an_address_that_is_taken_is_waited_for() -> None:
    world = a_world()
    joined, third = joiner(KEEP), joiner(KEEP, NEXT, "third")
    play(world, third, joined, waiting(left(joined, KEEP)), joiner(KEEP, ADA, "new"))
    assert refused(world, "new") == [Reason.CONFLICT]
    play(world, renamed(third, email=BEN))
    assert addresses(world) == {NEXT: "ada", ADA: "new", BEN: "third"}
    assert not world.refused


@pytest.mark.parametrize("change", ["comes back", "is deleted", "waits for another"])
def test_who_waits_for_a_taken_address_still_hears_of_the_holder(change: str) -> None:
    world = a_world()
    joined, third = joiner(KEEP), joiner(KEEP, NEXT, "third")
    waits = waiting(left(joined, KEEP))
    changed = {
        "comes back": renamed(returned(waits), email=BEN, waiting_email=None),
        "is deleted": deleted(waits, KEEP),
        "waits for another": waiting(waits, BEN),
    }
    play(world, third, joined, waits, joiner(KEEP, ADA, "new"), changed[change])
    assert addresses(world)[ADA] == "new"
    assert not world.refused


def test_under_nothing_a_claimant_never_gets_the_old_account() -> None:
    rules = StoreRules(on_deactivate=LeaveAlone())
    world = a_world(hand := by_hand(Portal.STORE))
    joined = joiner(rules)
    play(world, joined, waiting(left(joined, rules)), joiner(rules, ADA, "new"))
    assert addresses(world) == {NEXT: "ada"}
    assert the_account(world).id == hand.id
    assert not world.refused


def test_a_removed_account_has_nothing_to_yield() -> None:
    rules = STORE.model_copy(update={"on_deactivate": RemoveEmployee()})
    world = a_world()
    joined = joiner(rules)
    play(world, joined, waiting(left(joined, rules)), joiner(rules, ADA, "new"))
    assert addresses(world) == {ADA: "new"}


def test_devices_stay_with_the_account_that_yields() -> None:
    rules: Rules = MdmRules(on_create=CreateMdmEmployee())
    world = a_world()
    joined = joiner(rules)
    play(world, joined)
    world.add_device(device := laptop(account_of(world)))
    play(world, waiting(left(joined, rules)), joiner(rules, ADA, "new"))
    assert world.devices[device.id].assigned_to == account_of(world).id
    assert addresses(world) == {NEXT: "ada", ADA: "new"}


def test_an_account_that_is_protected_from_its_connection_yields_nothing() -> None:
    nothing = DashboardRules()
    world = a_world(BOSS, by_hand(Portal.DASHBOARD, ADA, Role.ADMIN))
    joined = joiner(nothing)
    play(world, joined, waiting(left(joined, nothing), "mallory@evil.test"))
    claimant = joiner(dashboard(Role.ADMIN), ADA, "new")
    play(world, claimant)
    assert addresses(world)[ADA] == "ada"
    assert refused(world, "new") == [Reason.CONFLICT]
