"""Do leases go round the workspaces on both databases, however many marks and relays there are?"""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.outbox import settling
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import lease
from contracts.topology import RETRY_DELAYS, Lane
from tests.drivers.examples import examples
from tests.integration.api.outbox.marks import (
    LEASE,
    NOW,
    SECOND,
    by_connection,
    connect,
    mark,
    taken,
)

BULK = MarkSelection(Lane.BULK)


def people(name: str, count: int) -> list[str]:
    """Return ids."""
    return [f"{name}-{number:04}" for number in range(count)]


async def test_a_backlog_of_one_workspace_leaves_the_others_their_places(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "large", "middle", "small")
    await mark(directory, connections["large"], people("large", 300), NOW - 900 * SECOND)
    await mark(directory, connections["middle"], people("middle", 60))
    await mark(directory, connections["small"], people("small", 2))
    batch = by_connection(await taken(directory, 100), connections)
    assert batch == {"large": 49, "middle": 49, "small": 2}
    batch = by_connection(await taken(directory, 100), connections)
    assert batch == {"large": 89, "middle": 11, "small": 0}


async def test_a_lone_workspace_has_the_whole_batch_the_oldest_first(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("late", 20), NOW)
    await mark(directory, connections["acme"], people("early", 20), NOW - SECOND)
    ids = [it.identity_id for it in await taken(directory, 30)]
    assert ids == [*people("early", 20), *people("late", 10)]


async def test_of_several_connections_of_a_workspace_the_oldest_marks_come_first(
    directory: DirectoryDatabase,
) -> None:
    first, second = [(await connect(directory, "acme"))["acme"] for _ in range(2)]
    other = (await connect(directory, "other"))["other"]
    await mark(directory, first, people("first", 10), NOW)
    await mark(directory, second, people("second", 3), NOW - SECOND)
    await mark(directory, other, people("other", 10), NOW)
    ids = {it.identity_id for it in await taken(directory, 10)}
    assert ids == {*people("second", 3), *people("first", 2), *people("other", 5)}


async def test_more_workspaces_than_places_are_served_one_after_the_other(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, *(f"workspace-{number}" for number in range(7)))
    for workspace, connection in connections.items():
        await mark(directory, connection, people(workspace, 50))
    served: list[str] = []
    after = ""
    for _ in range(7):
        async with directory.write() as db:
            leased = await lease(db, BULK, 3, NOW + LEASE, after)
        after = leased.last_served
        served += [it.connection_id for it, _ in leased.marks]
    assert {served.count(it) for it in connections.values()} == {3}


async def test_a_mark_that_changes_again_keeps_its_place(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("ada", 1), NOW - SECOND)
    await mark(directory, connections["acme"], people("later", 3), NOW)
    async with directory.write() as db:
        await db.execute(
            update(Identity).where(col(Identity.id) == "ada-0000").values(changed_at=NOW + 5)
        )
    assert [it.identity_id for it in await taken(directory, 1)] == ["ada-0000"]


async def test_several_relays_at_once_share_what_there_is(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "large", "small")
    await mark(directory, connections["large"], people("large", 100))
    await mark(directory, connections["small"], people("small", 10))
    batches = await asyncio.gather(*(taken(directory, 20) for _ in range(4)))
    ids = [it.identity_id for batch in batches for it in batch]
    assert len(set(ids)) == len(ids)
    while batch := await taken(directory, 50):
        ids += [it.identity_id for it in batch]
    assert sorted(ids) == sorted([*people("large", 100), *people("small", 10)])


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_what_another_relay_has_in_hand_is_skipped_and_not_waited_for(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "large", "small")
    await mark(directory, connections["large"], people("large", 10))
    await mark(directory, connections["small"], people("small", 4))
    async with directory.write() as db:
        await lease(db, BULK, 8, NOW + LEASE)
        async with asyncio.timeout(10):
            batch = by_connection(await taken(directory, 8), connections)
    assert batch == {"large": 6, "small": 0}


async def test_a_lease_ends_with_its_time(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("ada", 3))
    assert len(await taken(directory, 10)) == 3
    assert await taken(directory, 10, NOW + LEASE - 1) == []
    assert len(await taken(directory, 10, NOW + LEASE)) == 3


@pytest.mark.parametrize(
    ("due_at", "attempts", "comes"),
    [
        (NOW - 1, 0, True),
        (NOW + 1, 0, False),
        (NOW + 2 * LEASE, 0, False),
        (NOW + 2 * LEASE + 1, 0, True),
        (NOW + 2 * LEASE + 1, 1, False),
        (NOW + LEASE + RETRY_DELAYS[-1] * SECOND, 1, False),
        (NOW + LEASE + RETRY_DELAYS[-1] * SECOND + 1, 1, True),
    ],
)
async def test_a_time_that_cannot_be_right_has_come(
    directory: DirectoryDatabase, due_at: int, attempts: int, comes: bool
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], ["ada"])
    async with directory.write() as db:
        await db.execute(update(Identity).values(due_at=due_at, attempts=attempts))
    assert bool(await taken(directory, 1)) is comes


async def test_a_mark_that_nobody_has_leased_is_ready_whatever_the_clock_says(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], ["ada"], NOW + 30 * SECOND)
    assert len(await taken(directory, 1, NOW)) == 1


async def test_suspects_are_never_leased_with_the_others(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("ada", 4))
    batch = await taken(directory, 2)
    async with directory.write() as db:
        await settling.suspect(db, dict.fromkeys(batch, NOW + SECOND))
    assert await taken(directory, 10, suspect=True) == []
    others = await taken(directory, 10, NOW + SECOND)
    assert [it.identity_id for it in others] == people("ada", 4)[2:]
    suspects = await taken(directory, 10, NOW + SECOND, suspect=True)
    assert [it.identity_id for it in suspects] == people("ada", 4)[:2]
    assert {it.failed_publications for it in suspects} == {1}


@pytest.fixture
async def connections(directory: DirectoryDatabase) -> dict[str, str]:
    """Give workspaces without marks."""
    return await connect(directory, *"abcde")


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(backlogs=st.lists(st.integers(0, 12), min_size=5, max_size=5), most=st.integers(1, 20))
async def test_whatever_the_backlogs_places_differ_by_one_and_none_is_wasted(
    directory: DirectoryDatabase, connections: dict[str, str], backlogs: list[int], most: int
) -> None:
    async with directory.write() as db:
        await db.execute(Identity.__table__.delete())  # type: ignore[attr-defined]
    waiting = dict(zip("abcde", backlogs, strict=True))
    for workspace, count in waiting.items():
        if count:
            await mark(directory, connections[workspace], people(workspace, count))
    batch = by_connection(await taken(directory, most), connections)
    assert sum(batch.values()) == min(most, sum(backlogs))
    with_more = [count for workspace, count in batch.items() if count < waiting[workspace]]
    assert not with_more or max(with_more) - min(with_more) <= 1
