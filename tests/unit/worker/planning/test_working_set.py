"""Do the facts follow what was planned, and is every change noted for whoever writes it?"""

from contracts.rules import ChangePolicy, Role, UnassignDevices
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    a_world,
    dashboard,
    deleted,
    joiner,
    laptop,
    left,
    mdm,
    renamed,
    the_account,
)
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import DeviceActionKind, Outcome
from worker.planning.changes import LedgerEntry
from worker.planning.facts import IdentityKey
from worker.planning.obstacles import admin_obstacle

ADMINS = dashboard(Role.ADMIN)
KEY = IdentityKey("okta", "ada")


def test_the_next_event_meets_the_account_that_the_last_one_made() -> None:
    world = a_world()
    world.apply(joiner(STORE))
    facts = world.facts_for(renamed(joiner(STORE)))
    assert facts.account == the_account(world)
    assert facts.account_with_email == the_account(world)
    assert facts.its_holder == KEY


def test_an_email_that_was_changed_is_free() -> None:
    world = a_world()
    world.apply(joiner(STORE))
    world.apply(renamed(joiner(STORE), email="new@acme.test"))
    assert world.facts_for(joiner(STORE, ADA, "ben")).account_with_email is None


def test_admins_are_counted_as_they_come_and_go() -> None:
    world = a_world()
    world.apply(joiner(ADMINS))
    world.apply(joiner(ADMINS, BEN, "ben"))
    assert world.admins[WORKSPACE] == 2
    world.apply(left(joiner(ADMINS), ADMINS))
    assert world.admins[WORKSPACE] == 1


def test_a_stale_event_and_a_duplicate_change_nothing() -> None:
    world = a_world()
    world.apply(renamed(joiner(STORE)))
    before = world.records[KEY]
    assert world.apply(joiner(STORE)).outcome is Outcome.STALE
    assert world.apply(renamed(joiner(STORE))).outcome is Outcome.DUPLICATE
    assert world.records[KEY] == before


def test_a_device_action_is_entered_in_the_ledger() -> None:
    rules = mdm(UnassignDevices())
    world = a_world()
    world.apply(joiner(rules))
    world.add_device(laptop(the_account(world)))
    gone = left(joiner(rules), rules)
    world.apply(gone)
    entry = LedgerEntry(KEY, gone.version, "device-L1", DeviceActionKind.RELEASE)
    assert world.ledger == {entry}
    assert world.changes.ledger == [entry]
    assert world.facts_for(gone).done == {("device-L1", DeviceActionKind.RELEASE)}


def test_a_device_that_was_released_is_nobodys() -> None:
    rules = mdm(UnassignDevices())
    world = a_world()
    world.apply(joiner(rules))
    world.add_device(laptop(the_account(world)))
    world.apply(left(joiner(rules), rules))
    assert world.facts_for(joiner(rules)).devices == ()


def test_changes_remember_what_was_there_before_the_first() -> None:
    world = a_world()
    world.apply(joiner(STORE))
    first = the_account(world)
    loaded = ToyDownstream()
    loaded.load_record(world.records[KEY])
    loaded.load_account(first)
    loaded.apply(renamed(joiner(STORE), email="new@acme.test"))
    assert loaded.changes.accounts == {first.id: first}
    assert loaded.changes.records == {KEY: world.records[KEY]}


def test_a_new_admin_makes_the_refused_leaver_due() -> None:
    world = a_world()
    world.apply(joiner(ADMINS))
    world.apply(left(joiner(ADMINS), ADMINS))
    world.apply(joiner(ADMINS, BEN, "ben"))
    assert admin_obstacle(WORKSPACE) in world.changes.freed
    assert world.due == {KEY}
    world.replan_due()
    assert world.refused == {}


def test_a_policy_made_by_hand_makes_the_refused_leaver_due() -> None:
    rules = mdm(ChangePolicy(policy="locked"))
    world = a_world()
    world.apply(joiner(rules))
    world.apply(left(joiner(rules), rules))
    world.add_policy(WORKSPACE, "office")
    assert world.due == set()
    world.add_policy(WORKSPACE, "locked")
    assert world.due == {KEY}


def test_a_successor_takes_the_account_that_a_deleted_identity_could_not_remove() -> None:
    world = a_world()
    world.apply(joiner(ADMINS))
    world.apply(deleted(joiner(ADMINS), ADMINS))
    world.apply(joiner(ADMINS, ADA, "successor"))
    assert world.records[KEY].account_id is None
    assert world.due == {KEY}
    world.replan_due()
    assert world.refused == {}
    assert the_account(world).email == ADA


def test_who_waits_for_the_email_is_due_once_its_holder_is_deleted_but_refused() -> None:
    world = a_world()
    world.apply(joiner(ADMINS))
    world.apply(joiner(ADMINS, ADA, "successor"))
    world.apply(deleted(joiner(ADMINS), ADMINS))
    assert IdentityKey("okta", "successor") in world.due
    world.replan_due()
    assert world.refused == {}
