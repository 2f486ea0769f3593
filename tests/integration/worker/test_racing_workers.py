"""What if several workers meet at the same rows? PostgreSQL alone: SQLite has one writer."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import event, text

from contracts.database_errors import code_of
from contracts.identity_changed import IdentityChanged
from contracts.rules import DashboardRules, Portal, RemoveCollaborator, Role
from tests.drivers.people import ADA, BEN, STORE, WORKSPACE, dashboard, joiner, left, renamed
from tests.drivers.platform import Platform, delivery, envelope, held
from worker.apply import Batch, apply_batch
from worker.sync.record_failure import Failed, record_failure

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

ADMINS = dashboard(Role.ADMIN)
VIEWERS = dashboard(Role.VIEWER)
LINKED = DashboardRules(on_deactivate=RemoveCollaborator())
"""Rules that do not show which account is an Admin's."""

DEADLOCK = "40P01"

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


async def _until_waiting(platform: Platform, workers: int) -> None:
    """Return once so many transactions of this database wait for a lock."""
    waiting = 0
    async with asyncio.timeout(30):
        while waiting < workers:
            async with platform.database.read() as db:
                waiting = (await db.execute(WAITING)).scalar_one()


async def _apply(platform: Platform, changed: IdentityChanged) -> Batch:
    return await apply_batch(platform.database, [envelope(changed)], platform.clock())


@pytest.mark.parametrize("rules", [ADMINS, LINKED], ids=["by the rule", "by hand"])
async def test_two_workers_that_remove_two_admins_leave_one(
    platform: Platform, other: Platform, rules: DashboardRules
) -> None:
    for email in (ADA, BEN):
        await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, email, role=Role.ADMIN)
    ada, ben = joiner(rules), joiner(rules, BEN, "ben")
    await platform.apply(ada, ben)
    async with platform.database.write() as gate:
        await gate.execute(text("SELECT name FROM workspaces FOR UPDATE"))
        racing = [
            asyncio.ensure_future(_apply(platform, left(ada, rules))),
            asyncio.ensure_future(_apply(other, left(ben, rules))),
        ]
        await _until_waiting(platform, 2)
    await asyncio.gather(*racing)
    assert [account.removed for account in await platform.accounts()] == [False, True]
    assert sorted(await platform.reasons("ada") + await platform.reasons("ben")) == ["last_admin"]


async def test_a_workspace_whose_admins_decide_is_locked_late_where_it_is_free(
    platform: Platform, other: Platform
) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, ADA, role=Role.ADMIN)
    await platform.apply(joiner(LINKED))
    async with platform.database.write() as gate:
        await gate.execute(text("SELECT id FROM accounts FOR UPDATE"))
        leaving = asyncio.ensure_future(_apply(other, left(joiner(LINKED), LINKED)))
        await _until_waiting(platform, 1)
        await gate.execute(text("SELECT name FROM workspaces FOR UPDATE NOWAIT"))
    await leaving
    assert await platform.reasons() == ["last_admin"]


async def test_workers_whose_events_concern_no_admin_wait_for_no_workspace(
    platform: Platform,
) -> None:
    await platform.apply(joiner(VIEWERS))
    async with platform.database.write() as gate:
        await gate.execute(text("SELECT name FROM workspaces FOR UPDATE"))
        await _apply(platform, left(joiner(VIEWERS), VIEWERS))
        await _apply(platform, joiner(VIEWERS, BEN, "ben"))
    assert [account.removed for account in await platform.accounts()] == [False, True]


async def test_two_workers_with_the_same_identity_apply_the_newer_event(
    platform: Platform, other: Platform
) -> None:
    gone = left(joiner(STORE), STORE)
    await platform.apply(joiner(STORE, BEN, "ben"))
    await asyncio.gather(_apply(platform, joiner(STORE)), _apply(other, gone))
    state = await platform.state()
    assert state is not None
    assert state.applied_version == 2
    assert [account.email for account in await platform.accounts()] == [BEN, None]


async def test_a_failure_is_forgotten_by_a_newer_event_that_is_being_applied(
    platform: Platform, other: Platform
) -> None:
    await platform.apply(joiner(STORE))
    failed = Failed(envelope(joiner(STORE, version=2)), "permanent", "DataError 22023", attempts=1)

    async def record() -> None:
        async with other.database.write() as db:
            await record_failure(db, failed, other.clock())

    async with held(platform, "LOCK TABLE refusals"):
        gone = left(joiner(STORE, version=2), STORE)
        applying = asyncio.ensure_future(_apply(platform, gone))
        await _until_waiting(platform, 1)
        recording = asyncio.ensure_future(record())
        await _until_waiting(platform, 2)
    await asyncio.gather(applying, recording)
    assert await platform.count("failures") == 0


async def test_two_workers_that_make_the_same_account_make_one(
    platform: Platform, other: Platform
) -> None:
    first, second = delivery(joiner(STORE, ADA, "first")), delivery(joiner(STORE, ADA, "second"))
    await asyncio.gather(platform.handler.handle([first]), other.handler.handle([second]))
    assert [account.email for account in await platform.accounts()] == [ADA]
    reasons = await platform.reasons("first") + await platform.reasons("second")
    assert reasons == ["conflict"]


async def test_workers_with_the_same_identities_in_another_order_do_not_deadlock(
    platform: Platform, other: Platform
) -> None:
    def batch(version: int) -> Sequence[IdentityChanged]:
        return [
            joiner(ADMINS, f"{number}@acme.test", f"i{number}", version=version)
            for number in range(50)
        ]

    for version in range(1, 11):
        events = [envelope(event) for event in batch(version)]
        await asyncio.gather(
            apply_batch(platform.database, events, platform.clock()),
            apply_batch(other.database, events[::-1], platform.clock()),
        )
    assert {account.version for account in await platform.accounts()} == {10}


async def test_batches_that_make_the_same_accounts_do_not_deadlock(
    platform: Platform, other: Platform
) -> None:
    heard: list[str] = []
    for each in (platform, other):
        engine = each.database.writing.sync_engine
        event.listen(
            engine, "handle_error", lambda it: heard.append(code_of(it.original_exception))
        )
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)
    for round_ in range(5):
        emails = [f"{round_}-{number}@acme.test" for number in range(100)]
        one, another = (
            [delivery(joiner(STORE, email, f"{email}-{name}")) for email in emails]
            for name in ("first", "second")
        )
        async with held(platform, "LOCK TABLE accounts IN SHARE MODE"):
            racing = [
                asyncio.ensure_future(platform.handler.handle(one)),
                asyncio.ensure_future(other.handler.handle(another)),
            ]
            await _until_waiting(platform, 2)
        await asyncio.gather(*racing)
    assert await platform.count("accounts") == await platform.count("refusals") == 500
    assert DEADLOCK not in heard


async def test_a_replan_leaves_out_who_is_busy(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    async with platform.database.write() as db:
        await db.execute(text("UPDATE sync_records SET replan_at = 0 WHERE identity = 'second'"))
    async with platform.database.write() as busy:
        await busy.execute(text("SELECT 1 FROM sync_records WHERE identity = 'second' FOR UPDATE"))
        assert await platform.replanning.replan_due() == 0
    assert await platform.replanning.replan_due() == 1


async def test_a_release_while_a_worker_plans_is_not_lost(
    platform: Platform, other: Platform
) -> None:
    accounts = platform.inventory.accounts
    ada = await accounts.add(WORKSPACE, Portal.DASHBOARD, ADA, role=Role.EDITOR)
    await platform.apply(joiner(VIEWERS))
    async with platform.database.write() as gate:
        await gate.execute(text("SELECT id FROM accounts FOR UPDATE"))
        racing = [
            asyncio.ensure_future(_apply(platform, renamed(joiner(VIEWERS), email=BEN))),
            asyncio.ensure_future(other.inventory.accounts.release(WORKSPACE, ada.id)),
        ]
        await _until_waiting(platform, 2)
    await asyncio.gather(*racing)
    await platform.replan()
    [account] = await platform.accounts()
    assert (account.email, account.role, account.released) == (BEN, Role.VIEWER, True)
    assert await platform.reasons() == []
