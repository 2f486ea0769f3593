"""What if somebody holds a row, or a table, that a batch needs? PostgreSQL alone locks rows."""

import asyncio
from functools import partial

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text

from contracts.embedded_transport import EmbeddedTransport
from contracts.rules import DashboardRules, Portal, RemoveUser, Role
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import Confirmed, RetryAfter
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    Rules,
    dashboard,
    joiner,
    left,
    mdm,
    resynced,
)
from tests.drivers.platform import Platform, delivery, held, parcel
from tests.integration.worker.running_worker import is_paused, until, working
from worker.locked_out import LONGEST_DELAY
from worker.locked_rows import find_locked_out
from worker.open_deliveries import MAX_BATCH_SIZES
from worker.planning.facts import key_of_event

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

CLEO = "cleo@acme.test"

ADMINS, VIEWERS, HOLDERS = dashboard(Role.ADMIN), dashboard(Role.VIEWER), mdm(RemoveUser())
LINKED = DashboardRules()
"""Rules that do not show which account is an Admin's."""

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND datname = current_database()"
)

ROWS: dict[str, tuple[Rules, str]] = {
    "an account": (STORE, "SELECT FROM accounts WHERE email = 'ada@acme.test' FOR UPDATE"),
    "an account that a foreign key looks at": (
        STORE,
        "SELECT FROM accounts WHERE email = 'ada@acme.test' FOR KEY SHARE",
    ),
    "a sync record": (STORE, "SELECT FROM sync_records WHERE identity = 'ada' FOR UPDATE"),
    "a row that is being changed": (STORE, "UPDATE accounts SET role = role WHERE email LIKE 'a%'"),
    "a device": (HOLDERS, "SELECT FROM devices WHERE serial = 'L1' FOR UPDATE"),
}


@pytest.fixture
def platform(platform: Platform) -> Platform:
    """Give a platform whose worker takes urgent events, and so waits least for a lock."""
    return Platform(platform.database, Lane.URGENT)


async def _prepared(platform: Platform, rules: Rules) -> None:
    await platform.apply(joiner(rules), joiner(rules, BEN, "ben"))
    if rules is HOLDERS:
        await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
        await platform.inventory.devices.add(WORKSPACE, "L2", assigned_to=BEN)


@pytest.mark.parametrize("row", ROWS)
async def test_only_who_needs_a_row_that_is_held_is_set_aside(platform: Platform, row: str) -> None:
    rules, statement = ROWS[row]
    await _prepared(platform, rules)
    ada, ben = left(joiner(rules), rules), left(joiner(rules, BEN, "ben"), rules)
    async with held(platform, statement):
        deliveries = delivery(ada), delivery(ben)
        await platform.handler.handle(deliveries)
        answers = [it.outcome.result() for it in deliveries]
        assert answers == [RetryAfter(RETRY_DELAYS[0]), Confirmed()]
    again = delivery(ada, attempts=1)
    await platform.handler.handle([again])
    assert again.outcome.result() == Confirmed()
    assert [account.removed for account in await platform.accounts()] == [True, True]
    locked = platform.metrics.get_sample_value(
        "muster_locked_out_events_total", {"lane": Lane.URGENT}
    )
    assert locked == 1


async def test_somebody_in_no_need_of_a_workspace_that_is_held_goes_on(platform: Platform) -> None:
    await platform.apply(joiner(STORE), joiner(ADMINS, BEN, "ben"))
    async with held(platform, f"SELECT FROM workspaces WHERE name = '{WORKSPACE}' FOR UPDATE"):
        events = left(joiner(STORE), STORE), left(joiner(ADMINS, BEN, "ben"), ADMINS)
        deliveries = [delivery(event) for event in events]
        await platform.handler.handle(deliveries)
    assert [it.outcome.result() for it in deliveries] == [Confirmed(), RetryAfter(RETRY_DELAYS[0])]


async def test_somebody_who_is_no_admin_needs_no_workspace_that_is_held(platform: Platform) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, ADA, role=Role.ADMIN)
    events = [joiner(LINKED), joiner(VIEWERS, BEN, "ben"), joiner(VIEWERS, CLEO, "cleo")]
    await platform.apply(*events)
    deliveries = [delivery(resynced(event)) for event in events]
    account = f"SELECT FROM accounts WHERE email = '{BEN}' FOR UPDATE"
    async with held(platform, "SELECT FROM workspaces FOR UPDATE"), held(platform, account):
        await platform.handler.handle(deliveries)
    answers = [it.outcome.result() for it in deliveries]
    assert answers == [RetryAfter(RETRY_DELAYS[0]), RetryAfter(RETRY_DELAYS[0]), Confirmed()]


async def test_one_batch_in_hand_at_a_time_locks_a_workspace_first(platform: Platform) -> None:
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)
    batch = MAX_BATCH_SIZES[Lane.URGENT]
    people = [joiner(ADMINS, f"{n}@acme.test", f"i{n}") for n in range(2 * batch)]
    deliveries = [delivery(person) for person in people]
    async with held(platform, "SELECT FROM workspaces FOR UPDATE"):
        handling = asyncio.ensure_future(platform.handler.handle(deliveries))
        await until(partial(_waits, platform))
        platform.handler.stop.set()
    await handling
    assert [it.outcome.done() for it in deliveries] == [True] * batch + [False] * batch


async def _waits(platform: Platform) -> bool:
    """Return whether a transaction of this database waits for a lock."""
    async with platform.database.read() as db:
        return bool((await db.execute(WAITING)).scalar())


async def test_who_claims_the_address_of_an_account_that_is_held_is_set_aside(
    platform: Platform,
) -> None:
    await platform.apply(joiner(STORE))
    async with held(platform, "SELECT FROM accounts FOR UPDATE"):
        claimant, ben = joiner(STORE, ADA.upper(), "claimant"), joiner(STORE, BEN, "ben")
        assert await find_locked_out(platform.database, [claimant, ben]) == {
            key_of_event(claimant),
        }


async def test_looking_for_what_is_held_holds_nothing(platform: Platform) -> None:
    events = [joiner(STORE), joiner(STORE, BEN, "ben")]
    await platform.apply(*events)
    looks = [find_locked_out(platform.database, events) for _ in range(2)]
    for look in looks:
        assert await look == frozenset()


async def test_a_row_that_is_being_made_holds_up_its_own_event_alone(platform: Platform) -> None:
    ada, ben = joiner(STORE), joiner(STORE, BEN, "ben")
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)
    statement = f"""
        INSERT INTO sync_records (identity, connection, workspace, portal, applied_version,
            deactivated_at, deleted, correlation_id)
        VALUES ('ada', 'okta', '{WORKSPACE}', 'store', 0, 0, false, '')
    """  # noqa: S608 - of our own making
    async with held(platform, statement):
        deliveries = delivery(ada), delivery(ben)
        await platform.handler.handle(deliveries)
        answers = [it.outcome.result() for it in deliveries]
        assert answers == [RetryAfter(RETRY_DELAYS[0]), Confirmed()]


async def test_being_locked_out_never_becomes_a_failure(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    attempts = len(RETRY_DELAYS) + 3
    async with held(platform, ROWS["an account"][1]):
        leaver = delivery(left(joiner(STORE), STORE), attempts)
        await platform.handler.handle([leaver])
    assert leaver.outcome.result() == RetryAfter(LONGEST_DELAY[Lane.URGENT])
    assert await platform.count("failures") == 0


async def test_others_leave_while_somebody_holds_a_row(platform: Platform) -> None:
    transport = EmbeddedTransport()
    people = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(60)]
    await platform.apply(joiner(STORE), *people)
    async with working(platform.database, transport), held(platform, ROWS["an account"][1]):
        stuck = parcel(left(joiner(STORE), STORE), Lane.URGENT)
        others = [parcel(left(event, STORE), Lane.URGENT) for event in people]
        outcomes = await transport.publish([stuck, *others])
    assert outcomes == [RetryAfter(RETRY_DELAYS[0]), *[Confirmed()] * 60]


async def test_while_a_table_is_held_consuming_pauses_and_no_event_loses_a_try(
    platform: Platform,
) -> None:
    transport, metrics = EmbeddedTransport(), CollectorRegistry()
    await platform.apply(joiner(STORE), joiner(STORE, BEN, "ben"))
    async with working(platform.database, transport, metrics):
        async with held(platform, "LOCK TABLE accounts IN SHARE MODE"):
            leavers = left(joiner(STORE), STORE), left(joiner(STORE, BEN, "ben"), STORE)
            parcels = [parcel(event, Lane.URGENT) for event in leavers]
            waiting = asyncio.ensure_future(transport.publish(parcels))
            await until(partial(is_paused, metrics, Lane.URGENT))
            assert not waiting.done()
        assert await waiting == [Confirmed(), Confirmed()]
        assert not await is_paused(metrics, Lane.URGENT)
