"""How many statements does publishing take? As many for a batch as for a single write."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox.batches import Batches
from api.outbox.lease_statement import MarkSelection
from api.outbox.parcels import LARGEST_EVENT
from api.outbox.relay import Relay
from api.outbox.settle_outcomes import Settler
from contracts.embedded_transport import EmbeddedTransport
from contracts.topology import Lane
from contracts.transport import Confirmed
from tests.integration.api.outbox.marks import LEASE, NOW, SECOND, connect, mark, taken
from tests.integration.api.outbox.post import Post
from tests.readings.round_trips import round_trips_to
from tests.readings.statements import asked_of

PUBLISHING = ["lease", "settle"]
KINDS = {
    "WITH RECURSIVE found": "lease",
    "UPDATE identities SET dirty_lane": "settle",
    "SELECT (EXISTS": "due",
    "SELECT EXISTS": "due",
}


def kinds(statements: list[str]) -> list[str]:
    """Return what each statement is for, without those that open and end a transaction."""
    named = [
        next((kind for start, kind in KINDS.items() if it.lstrip().startswith(start)), it)
        for it in statements
    ]
    return [it for it in named if not it.startswith(("BEGIN", "COMMIT"))]


@pytest.mark.parametrize("people", [1, 100])
async def test_a_batch_takes_two_statements_whatever_its_size(
    directory: DirectoryDatabase, people: int
) -> None:
    connections = await connect(directory, "acme", "other")
    transport = EmbeddedTransport()
    relay = Relay(directory, transport, ApiMetrics(CollectorRegistry()), lambda: NOW + SECOND)
    assert await relay.move(Lane.BULK) == 0  # it has looked for due marks now
    await mark(directory, connections["acme"], [f"person-{number}" for number in range(people)])
    with asked_of(directory) as asked:
        moving = asyncio.ensure_future(relay.move(Lane.BULK))
        [delivery] = await transport.receive(Lane.BULK, 1)
        await delivery.ack()
        assert await moving == people
    assert kinds(asked.statements) == PUBLISHING


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_a_batch_waits_for_its_database_twice(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme")
    post = Post()
    relay = Relay(directory, post, ApiMetrics(CollectorRegistry()), lambda: NOW + SECOND)
    await mark(directory, connections["acme"], ["early"])
    assert await relay.move(Lane.BULK) == 1  # its statements are prepared now
    await mark(directory, connections["acme"], ["person"])
    async with round_trips_to(directory) as sent:
        assert await relay.move(Lane.BULK) == 1
    assert kinds(sent) == PUBLISHING, "no BEGIN, no COMMIT, and no look"


async def test_events_that_are_published_one_after_the_other_are_settled_together(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "acme")
    batches = Batches(directory, lambda: NOW + SECOND, LARGEST_EVENT)
    settler = Settler(directory, ApiMetrics(CollectorRegistry()), lambda: NOW + SECOND)
    with asked_of(directory) as asked:
        for number in range(3):
            await mark(directory, connections["acme"], [f"person-{number}"])
            batch = await batches.next(MarkSelection(Lane.BULK), 50)
            assert await settler.settle([(it, Confirmed()) for it in batch.events]) == 1
        assert await settler.clear() == 3
    assert kinds(asked.statements).count("settle") == 1
    assert await taken(directory, 1, NOW + 2 * LEASE) == []
