"""What is refused, and does it happen once its obstacle is gone?"""

from contracts.rules import ChangePolicy, Portal, Role
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    deleted,
    joiner,
    left,
    mdm,
    renamed,
    resynced,
)
from tests.drivers.platform import Platform, envelope
from worker.apply import apply_batch
from worker.sync.replans import MOST_FREED, find_due

ADMINS = dashboard(Role.ADMIN)


async def test_the_last_admin_goes_once_another_appears_by_hand(platform: Platform) -> None:
    await platform.apply(joiner(ADMINS))
    await platform.apply(left(joiner(ADMINS), ADMINS))
    assert await platform.reasons() == ["last_admin"]
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.ADMIN)
    await platform.replan()
    assert await platform.reasons() == []
    assert [account.email for account in await platform.accounts()] == [BEN, None]


async def test_the_last_admin_goes_once_another_comes_by_an_event(platform: Platform) -> None:
    await platform.apply(joiner(ADMINS))
    await platform.apply(left(joiner(ADMINS), ADMINS))
    await platform.apply(joiner(ADMINS, BEN, "ben"))
    assert await platform.reasons() == []
    assert [account.email for account in await platform.accounts()] == [BEN, None]


async def test_of_two_admins_who_leave_in_one_batch_one_stays(platform: Platform) -> None:
    ada, ben = joiner(ADMINS), joiner(ADMINS, BEN, "ben")
    await platform.apply(ada, ben)
    await platform.apply(left(ada, ADMINS), left(ben, ADMINS))
    assert [account.removed for account in await platform.accounts()] == [False, True]


async def test_who_needs_a_held_email_gets_it_when_the_holder_lets_go(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"))
    await platform.apply(joiner(STORE, ADA, "second"))
    assert await platform.reasons("second") == ["conflict"]
    await platform.apply(left(joiner(STORE, ADA, "first"), STORE))
    assert await platform.reasons("second") == []
    assert [account.email for account in await platform.accounts()] == [ADA, None]


async def test_as_many_as_can_be_planned_soon_are_due_when_many_want_the_same_email(
    platform: Platform,
) -> None:
    holder = joiner(STORE, ADA, "holder")
    await platform.apply(holder)
    claimants = [joiner(STORE, ADA, f"claimant-{n:04}") for n in range(MOST_FREED + 5)]
    await platform.apply(*claimants)
    batch = await apply_batch(platform.database, [envelope(left(holder, STORE))], platform.clock())
    assert batch.freed == MOST_FREED
    await platform.replan()
    assert [account.email for account in await platform.accounts()] == [ADA, None]


async def test_an_email_passes_on_within_one_batch(platform: Platform) -> None:
    first = joiner(STORE, ADA, "first")
    await platform.apply(first)
    await platform.apply(
        joiner(STORE, ADA, "second", version=3), renamed(first, email="other@acme.test")
    )
    assert await platform.reasons("second") == []
    accounts = {it.email: it.version for it in await platform.accounts()}
    assert accounts == {"other@acme.test": 2, ADA: 3}


async def test_a_deactivation_goes_on_once_its_policy_is_made(platform: Platform) -> None:
    rules = mdm(ChangePolicy(policy="locked"))
    await platform.apply(joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await platform.apply(left(joiner(rules), rules))
    assert await platform.reasons() == ["unknown_policy"]
    await platform.inventory.policies.add(WORKSPACE, "locked")
    await platform.replan()
    assert await platform.reasons() == []
    assert [device.policy for device in await platform.devices()] == ["locked"]


async def test_a_successor_takes_the_account_of_a_deleted_last_admin(platform: Platform) -> None:
    await platform.apply(joiner(ADMINS, ADA, "first"))
    await platform.apply(deleted(joiner(ADMINS, ADA, "first"), ADMINS))
    assert await platform.reasons("first") == ["last_admin"]
    await platform.apply(joiner(ADMINS, ADA, "second", version=9))
    assert await platform.reasons("first") == []
    [account] = await platform.accounts()
    assert (account.email, account.role, account.version) == (ADA, Role.ADMIN, 9)


async def test_a_refused_identity_without_an_email_is_not_planned_again(platform: Platform) -> None:
    await platform.apply(joiner(STORE, None))
    assert await platform.reasons() == ["no_email"]
    async with platform.database.read() as db:
        assert await find_due(db, 2**62, 10) == []


async def test_every_other_refusal_is_planned_again_by_the_sweep(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    async with platform.database.read() as db:
        assert await find_due(db, platform.clock(), 10) == []
        assert len(await find_due(db, platform.clock() + 600_000_000, 10)) == 1


async def test_a_refusal_from_while_a_clock_was_ahead_is_planned_again(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    async with platform.database.read() as db:
        assert await find_due(db, platform.clock() - 60_000_000, 10) == [], "clocks may differ"
        assert len(await find_due(db, platform.clock() - 3600_000_000, 10)) == 1


async def test_a_duplicate_of_a_refused_event_plans_it_again(platform: Platform) -> None:
    refused = joiner(STORE, ADA, "second", version=2)
    await platform.apply(joiner(STORE, ADA, "first"), refused)
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE accounts SET email_key = 'other', email = 'Other'")
    await platform.apply(refused)
    assert await platform.reasons("second") == []


async def test_a_refusal_that_stays_keeps_the_time_since_when(platform: Platform) -> None:
    second = joiner(STORE, ADA, "second", version=2)
    await platform.apply(joiner(STORE, ADA, "first"), second)
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE refusals SET since = 7")
    await platform.apply(resynced(second))
    async with platform.database.read() as db:
        assert (await db.exec_driver_sql("SELECT since FROM refusals")).scalars().all() == [7]


async def test_the_event_is_kept_only_while_something_is_refused(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    await platform.apply(left(joiner(STORE, ADA, "first"), STORE))
    async with platform.database.read() as db:
        events = await db.exec_driver_sql("SELECT event FROM sync_records")
        assert events.scalars().all() == [None, None]
