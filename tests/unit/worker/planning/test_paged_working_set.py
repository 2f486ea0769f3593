"""What is kept between two pages? All that plans have changed, and nothing else."""

from contracts.rules import RemoveUser
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    by_hand,
    joiner,
    laptop,
    left,
    mdm,
    renamed,
    resynced,
)
from worker.plan_batch import plan_each
from worker.planning.facts import IdentityKey, SyncRecord, key_of_event
from worker.planning.paged_working_set import PagedWorkingSet

HOLDERS = mdm(RemoveUser())
OFFICE = by_hand(HOLDERS.portal)
KEY = IdentityKey("okta", "ada")


def held() -> PagedWorkingSet:
    """Return a set in which Ada holds an account with a device."""
    working_set = PagedWorkingSet()
    working_set.load_record(SyncRecord(KEY, applied_version=1, account_id=OFFICE.id))
    working_set.load_account(OFFICE)
    working_set.load_device(laptop(OFFICE))
    return working_set


def size(working_set: PagedWorkingSet) -> tuple[int, int, int]:
    return len(working_set.records), len(working_set.accounts), len(working_set.devices)


def test_what_an_event_does_not_change_is_forgotten() -> None:
    working_set, same = held(), resynced(joiner(HOLDERS))
    for _event, planned in plan_each(working_set, [same]):
        assert planned.record.applied_version == same.version
    working_set.forget_unchanged()
    assert size(working_set) == (0, 0, 0)
    assert working_set.changes.records == {}
    assert working_set.facts_for(joiner(HOLDERS, identity="ben")).account_with_email is None


def test_a_changed_account_is_kept_with_its_holder_and_its_devices() -> None:
    working_set = held()
    list(plan_each(working_set, [renamed(joiner(HOLDERS), email=BEN)]))
    working_set.forget_unchanged()
    assert size(working_set) == (1, 1, 1)
    facts = working_set.facts_for(joiner(HOLDERS, BEN, "ben"))
    assert facts.its_holder == KEY
    assert [device.serial for device in facts.devices] == ["L1"]


def test_what_is_loaded_again_undoes_no_plan() -> None:
    working_set = held()
    gone = left(joiner(HOLDERS), HOLDERS)
    list(plan_each(working_set, [gone]))
    working_set.forget_unchanged()
    working_set.load_record(SyncRecord(KEY, applied_version=1, account_id=OFFICE.id))
    working_set.load_account(OFFICE)
    working_set.load_device(laptop(OFFICE))
    assert working_set.records[KEY].deactivated_at == gone.terms.deactivated_at
    assert working_set.accounts[OFFICE.id].removed
    [device] = working_set.devices.values()
    assert device.assigned_to is None
    assert working_set.facts_for(joiner(HOLDERS, ADA, "ben")).account_with_email is None


def test_devices_of_an_account_that_a_plan_has_made_are_not_looked_for() -> None:
    working_set = held()
    new = joiner(HOLDERS, BEN, "ben")
    working_set.load_record(SyncRecord(key_of_event(new)))
    list(plan_each(working_set, [new]))
    assert working_set.owners_of_devices() == [OFFICE.id]
    assert working_set.accounts_without_known_holder() == set()


def test_a_refused_identity_is_kept_until_it_is_refused_no_more() -> None:
    working_set = held()
    claims = joiner(HOLDERS, ADA, "ben", version=2)
    working_set.load_record(SyncRecord(key_of_event(claims)))
    list(plan_each(working_set, [claims]))
    working_set.forget_unchanged()
    assert [*working_set.refused] == [key_of_event(claims)]
    assert key_of_event(claims) in working_set.records


def test_a_page_that_changes_all_keeps_as_much_as_it_changes() -> None:
    working_set = PagedWorkingSet()
    for page in range(10):
        new = [joiner(STORE, f"{page}-{n}@acme.test", f"{page}-{n}") for n in range(10)]
        for event in new:
            working_set.load_record(SyncRecord(key_of_event(event)))
        list(plan_each(working_set, new if page == 0 else []))
        working_set.forget_unchanged()
    assert size(working_set) == (10, 10, 0)
