"""How many marks are there, how old is the oldest, and which identities are counted?"""

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.directory.connection_states import ConnectionState, Verb
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import Marks, count_marks, ids_by_connection
from api.directory.tables import Identity
from contracts.clock import now
from contracts.topology import Lane
from tests.drivers.administration import stand
from tests.drivers.in_process import Ingress, ingress_on

NOW = 1_700_000_000_000_000
SECOND, DAY = 1_000_000, 86_400_000_000


@pytest.mark.parametrize(
    ("since", "oldest"),
    [
        ([NOW - 5 * SECOND, NOW - SECOND], 5),
        ([NOW - 5 * SECOND, NOW + DAY], 86_400),
        ([NOW + DAY, NOW + DAY], 86_400),
        ([NOW + 10 * SECOND], 0),
    ],
)
async def test_a_mark_of_a_clock_that_was_ahead_is_not_taken_for_a_new_one(
    ingress: Ingress, since: list[int], oldest: float
) -> None:
    people = [await ingress.user(f"person-{number}") for number in range(len(since))]
    async with ingress.database.write() as db:
        for id_, moment in zip(people, since, strict=True):
            this = update(Identity).where(col(Identity.id) == id_)
            await db.execute(this.values(dirty_since=moment))
        counted = await count_marks(db, NOW)
    assert counted.lanes == {Lane.URGENT: Marks(), Lane.BULK: Marks(len(since), oldest)}


async def test_marks_of_connections_that_do_not_publish_are_counted_apart(
    directory: DirectoryDatabase,
) -> None:
    async with ingress_on(directory) as live, ingress_on(directory) as paused:
        for ingress in (live, paused):
            await ingress.user("ada")
            await ingress.user("ben")
        await stand(directory, paused.connection, Verb.PAUSE)
        async with directory.read() as db:
            counted = await count_marks(db, now())
    assert counted.lanes[Lane.BULK].count == 2
    assert counted.held == {ConnectionState.PAUSED: 2, ConnectionState.OBSERVING: 0}


async def test_one_connection_can_be_counted_alone(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory) as first, ingress_on(directory) as second:
        for ingress in (first, second):
            await ingress.user("ada@acme.test")
        pages = [page async for page in ids_by_connection(directory, second.connection)]
        every = [page async for page in ids_by_connection(directory)]
    assert [connection for connection, _ in pages] == [second.connection]
    assert [connection for connection, _ in every] == [first.connection, second.connection]
