"""Is anything done twice, or out of date? Versions guard states, the ledger device actions."""

from contracts.rules import RemoveUser, UnassignDevices
from tests.drivers.people import (
    ADA,
    STORE,
    WORKSPACE,
    joiner,
    left,
    mdm,
    renamed,
    resynced,
    returned,
)
from tests.drivers.platform import Platform
from worker.planning.actions import Outcome


async def test_an_older_event_is_stale_and_changes_nothing(platform: Platform) -> None:
    older = joiner(STORE)
    newer = renamed(older, email="new@acme.test")
    await platform.apply(newer)
    assert await platform.outcomes(older) == [Outcome.STALE]
    [account] = await platform.accounts()
    assert (account.email, account.version) == ("new@acme.test", 2)


async def test_a_duplicate_is_dropped(platform: Platform) -> None:
    twice = await platform.outcomes(joiner(STORE), joiner(STORE))
    assert twice == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert await platform.outcomes(joiner(STORE)) == [Outcome.DUPLICATE]


async def test_of_one_batch_only_the_newest_event_of_an_identity_is_applied(
    platform: Platform,
) -> None:
    first = joiner(STORE)
    last = renamed(first, email="new@acme.test")
    assert await platform.outcomes(last, first) == [Outcome.APPLIED, Outcome.STALE]
    [account] = await platform.accounts()
    assert account.email == "new@acme.test"


async def test_a_replayed_deactivation_does_nothing_twice(platform: Platform) -> None:
    rules = mdm(UnassignDevices())
    gone = left(joiner(rules), rules)
    await platform.apply(joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await platform.apply(gone)
    assert await platform.count("device_actions") == 1
    await platform.inventory.devices.assign(WORKSPACE, "L1", ADA)
    await platform.apply(gone)
    await platform.apply(resynced(gone, rules))
    assert [device.assigned_to for device in await platform.devices()] == [ADA]
    assert await platform.count("device_actions") == 1


async def test_the_next_deactivation_acts_on_the_same_device_again(platform: Platform) -> None:
    rules = mdm(RemoveUser())
    gone = left(joiner(rules), rules)
    back = returned(gone)
    await platform.apply(joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await platform.apply(gone)
    await platform.apply(back)
    await platform.inventory.devices.assign(WORKSPACE, "L1", ADA)
    await platform.apply(left(back, rules))
    assert [device.assigned_to for device in await platform.devices()] == [None]
    assert await platform.count("device_actions") == 2


async def test_a_coalesced_history_still_deactivates_once(platform: Platform) -> None:
    rules = mdm(UnassignDevices())
    gone = left(joiner(rules), rules)
    await platform.apply(joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await platform.apply(returned(gone), gone)
    assert [device.assigned_to for device in await platform.devices()] == [None]
    assert [account.email for account in await platform.accounts()] == [ADA]


async def test_the_ledger_names_the_request_that_caused_an_action(platform: Platform) -> None:
    rules = mdm(UnassignDevices())
    await platform.apply(joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await platform.apply(left(joiner(rules), rules))
    async with platform.database.read() as db:
        rows = await db.exec_driver_sql("SELECT action, correlation_id FROM device_actions")
        assert [tuple(row) for row in rows] == [("release", "request-2")]
