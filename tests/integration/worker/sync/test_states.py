"""What does the api's side learn about identities downstream?"""

from sqlalchemy import update

from contracts.downstream.sync_states import Arrived, Refusal, SyncState
from contracts.rules import Role
from tests.drivers.people import ADA, BEN, STORE, dashboard, joiner, left, returned
from tests.drivers.platform import Platform
from worker.sync.mapping import RECORDS


async def test_who_never_arrived_is_missing(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    assert await platform.states.of("okta", ["ada", "ben"]) == {"ada": SyncState(1)}
    assert await platform.states.of("entra", ["ada"]) == {}


async def test_a_refused_identity_says_what_and_why(platform: Platform) -> None:
    await platform.apply(joiner(STORE, ADA, "first"), joiner(STORE, ADA, "second", version=2))
    assert await platform.state("second") == SyncState(
        2, (Refusal(reason="conflict", action="provide_account"),)
    )


async def test_thousands_are_answered_at_once(platform: Platform) -> None:
    await platform.apply(joiner(STORE, BEN, "i1999"))
    states = await platform.states.of("okta", [f"i{number}" for number in range(2_000)])
    assert states == {"i1999": SyncState(1)}


async def test_arrivals_are_counted_by_connection_since_each_time(platform: Platform) -> None:
    await platform.apply(joiner(STORE), joiner(STORE, BEN, "ben", version=5))
    arrived = await platform.states.arrived(["okta", "entra"], [5, 4, 1, 0])
    assert arrived == {"okta": Arrived(5, [0, 1, 1, 2])}


async def test_the_last_deactivation_is_told_whatever_was_applied_since(
    platform: Platform,
) -> None:
    gone = left(joiner(STORE), STORE)
    await platform.apply(gone)
    assert await platform.state() == SyncState(2, deactivated_at=2)
    await platform.apply(returned(gone))
    assert await platform.state() == SyncState(3, deactivated_at=2)


async def test_a_deactivation_that_is_refused_has_arrived(platform: Platform) -> None:
    rules = dashboard(Role.ADMIN)
    await platform.apply(joiner(rules))
    await platform.apply(left(joiner(rules), rules))
    state = await platform.state()
    assert state is not None
    assert (state.refusals[0].reason, state.deactivated_at) == ("last_admin", 2)


async def test_a_refusal_of_something_else_is_no_deactivation(platform: Platform) -> None:
    await platform.apply(joiner(STORE, email=None))
    state = await platform.state()
    assert state is not None
    assert (state.refusals[0].reason, state.deactivated_at) == ("no_email", 0)


async def test_an_event_that_cannot_be_read_any_more_keeps_nobody_from_being_told(
    platform: Platform,
) -> None:
    rules = dashboard(Role.ADMIN)
    await platform.apply(joiner(rules), joiner(rules, BEN, "ben"))
    await platform.apply(left(joiner(rules), rules))
    await platform.apply(left(joiner(rules, BEN, "ben"), rules))
    async with platform.database.write() as db:
        await db.execute(update(RECORDS).values(event="{}"))
    states = await platform.states.of("okta", ["ada", "ben"])
    assert (states["ada"].deactivated_at, states["ben"].deactivated_at) == (2, 0)
