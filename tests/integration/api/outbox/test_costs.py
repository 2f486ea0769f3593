"""How many statements does publishing take? As many for a batch as for a single write."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from contracts.embedded_transport import EmbeddedTransport
from contracts.topology import Lane
from tests.integration.api.outbox.marks import NOW, SECOND, connect, mark
from tests.readings.statements import asked_of

PUBLISHING = ["look", "lease", "read", "settle"]
KINDS = {
    "WITH RECURSIVE found": "look",
    "UPDATE identities SET due_at": "lease",
    "SELECT connections.id, connections.workspace": "read",
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
async def test_a_batch_takes_four_statements_whatever_its_size(
    directory: DirectoryDatabase, people: int
) -> None:
    connections = await connect(directory, "acme")
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


async def test_lanes_that_a_write_wakes_share_one_look(directory: DirectoryDatabase) -> None:
    await connect(directory, "acme")
    transport = EmbeddedTransport()
    relay = Relay(directory, transport, ApiMetrics(CollectorRegistry()), lambda: NOW + SECOND)
    assert await relay.move(Lane.BULK) == 0  # it has looked for due marks now
    with asked_of(directory) as asked:
        assert await asyncio.gather(*(relay.move(lane) for lane in Lane)) == [0, 0]
    assert kinds(asked.statements) == ["look"]
