"""How many statements does a batch cost? A few, however many events it has; PostgreSQL alone.

BEGIN and COMMIT come on top, and are a round trip each.
"""

from collections.abc import Sequence

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from contracts.identity_changed import IdentityChanged
from contracts.rules import RemoveUser, Role
from tests.drivers.people import STORE, Rules, dashboard, joiner, left, mdm, renamed, resynced
from tests.drivers.platform import Platform, envelope
from tests.readings.statements import asked_of
from worker.apply import apply_batch
from worker.platforms.sql.mapping import WORKSPACES

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

VIEWERS, ADMINS = dashboard(Role.VIEWER), dashboard(Role.ADMIN)
HOLDERS = mdm(RemoveUser())

LOCK_WORKSPACES, COUNT_ADMINS, FREE_LAST_ADMINS = 1, 1, 1
"""The further statements that an Admin of the Dashboard needs; the last one, when it is made."""


@pytest.fixture
async def used(platform: Platform) -> Platform:
    """Give a platform that knows its workspace, in a session that has a lock time-out."""
    for version in (1, 2):
        await platform.apply(joiner(STORE, "known@acme.test", "known", version=version))
    return platform


def people(rules: Rules, number: int) -> list[IdentityChanged]:
    """Return events of so many people who have joined."""
    return [joiner(rules, f"{n}@acme.test", f"person-{n}") for n in range(number)]


async def statements(platform: Platform, events: Sequence[IdentityChanged]) -> list[str]:
    """Apply a batch; return the statements that it has cost."""
    envelopes = [envelope(event) for event in events]
    with asked_of(platform.database) as asked:
        await apply_batch(platform.database, envelopes, platform.clock())
    return [" ".join(statement.split()) for statement in asked.statements]


@pytest.mark.parametrize("number", [1, 200])
@pytest.mark.parametrize(
    ("rules", "more"),
    [(STORE, 0), (VIEWERS, 0), (ADMINS, LOCK_WORKSPACES + COUNT_ADMINS), (HOLDERS, 0)],
)
async def test_people_are_applied_with_the_same_few_statements(
    used: Platform, rules: Rules, more: int, number: int
) -> None:
    new = people(rules, number)
    changed = [renamed(it, display_name="Ada") for it in new]
    again = [resynced(it) for it in changed]
    first = FREE_LAST_ADMINS if rules is ADMINS else 0
    made = await statements(used, new)
    assert len(made) == 4 + more + first, "records, accounts; both are written"
    assert len(await statements(used, changed)) == 4 + more
    assert len(await statements(used, again)) == 3 + more, "no account has changed"
    assert len(await statements(used, again)) == 1 + min(more, LOCK_WORKSPACES), "duplicates"


@pytest.mark.parametrize(("rules", "more"), [(STORE, 0), (HOLDERS, 2)])
async def test_a_leaver_costs_a_statement_for_the_address_and_two_for_devices(
    used: Platform, rules: Rules, more: int
) -> None:
    [new] = people(rules, 1)
    await statements(used, [new])
    assert len(await statements(used, [left(new, rules)])) == 4 + 1 + more


async def test_a_session_keeps_its_lock_timeout_until_another_is_wanted(used: Platform) -> None:
    [new] = people(STORE, 1)
    with asked_of(used.database) as asked:
        await apply_batch(used.database, [envelope(new)], 1, lock_timeout=0.3)
        await apply_batch(used.database, [envelope(resynced(new))], 1, lock_timeout=0.3)
        async with used.database.write():
            pass
    settings = [it for it in asked.statements if it.startswith("SET")]
    assert settings == ["SET lock_timeout = 300", "SET lock_timeout = DEFAULT"]


async def test_a_lock_timeout_that_was_rolled_back_is_set_again(used: Platform) -> None:
    async def shown() -> str:
        async with used.database.write(0.3) as db:
            return str((await db.exec_driver_sql("SHOW lock_timeout")).scalar_one())

    with pytest.raises(ZeroDivisionError):
        async with used.database.write(0.3):
            raise ZeroDivisionError
    assert await shown() == "300ms"
    with pytest.raises(ZeroDivisionError):
        async with used.database.write(1.2):
            raise ZeroDivisionError
    assert await shown() == "300ms"


async def test_the_row_of_a_known_workspace_that_was_removed_is_made_again(used: Platform) -> None:
    async with used.database.write() as db:
        await db.execute(delete(WORKSPACES))
    await used.apply(*people(ADMINS, 1))
    assert await used.count("workspaces") == 1


async def test_a_workspace_is_not_known_before_it_is_committed(platform: Platform) -> None:
    await platform.poison(transient=False)
    failing = joiner(STORE, "poisoned@acme.test", "poisoned")
    with pytest.raises(DBAPIError):
        await statements(platform, [failing])
    assert platform.database.workspaces.missing_of(["acme"]) == ["acme"]
    await platform.apply(joiner(STORE))
    assert await platform.count("workspaces") == 1
