"""Does a stranger's consumer work that knows nothing but the published documents?

It is the one of docs/consuming-events.md, on a broker as in compose.yaml. What it reads are events
as they were recorded, published where the AsyncAPI document says.
"""

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from aio_pika import Message, connect
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts import asyncapi
from contracts.identity_changed import VERSION
from contracts.topology import Lane, Topology
from deploy.broker.users import CONSUMER
from tests.compatibility.published import EVENTS, bundle_of
from tests.drivers.installation import Installation
from tests.readings.consuming_events import example_consumer
from tests.servers.services import environment_with

TOPOLOGY = Topology()
QUEUE = f"{TOPOLOGY.of_consumers}mirror"
CHANNELS = json.loads(asyncapi.text())["channels"]
SECONDS = 30
STORE = "https://muster.example.com/scim/v2/acme-store/Users/8f0c"
DASHBOARD = "https://muster.example.com/scim/v2/acme-dashboard/Users/8f0c"
MDM = "https://muster.example.com/scim/v2/acme-mdm/Users/8f0c"
ADA = "ada@example.com"

Event = dict[str, Any]
People = dict[str, tuple[str, str | None]]


def recorded(name: str, later: int) -> Event:
    """Return a recorded event of this version, told so many microseconds later."""
    event: Event = json.loads((EVENTS / VERSION / f"{name}.json").read_text(encoding="utf-8"))
    data = event["data"]
    return event | {"data": data | {"version": data["version"] + later}}


@pytest.fixture
async def operator(installation: Installation) -> AsyncIterator[AbstractConnection]:
    """Give a connection of the operator's, which leaves the broker as it was."""
    async with await connect(installation.broker_url("muster-topology")) as connection:
        yield connection
        channel = await connection.channel()
        await channel.queue_delete(QUEUE)
        for lane in Lane:
            for name in (TOPOLOGY.lane(lane), TOPOLOGY.bundles(lane)):
                await (await channel.get_queue(name)).purge()


@pytest.fixture
async def events(installation: Installation) -> AsyncIterator[AbstractExchange]:
    """Give the exchange to the user that may publish there."""
    async with await connect(installation.broker_url("muster-relay")) as connection:
        channel = await connection.channel()
        exchange = CHANNELS["events-bulk"]["bindings"]["amqp"]["exchange"]["name"]
        yield await channel.get_exchange(exchange, ensure=False)


async def publish(events: AbstractExchange, channel: str, told: Event | list[Event]) -> None:
    """Publish a message on a channel of the AsyncAPI document."""
    await events.publish(Message(json.dumps(told).encode()), CHANNELS[channel]["address"])


@asynccontextmanager
async def consuming(
    installation: Installation, operator: AbstractConnection, mirror: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the consumer, from when it reads its queue until it is killed."""
    environment = environment_with(BROKER_URL=installation.broker_url(CONSUMER), MIRROR=str(mirror))
    program = sys.executable, "-c", example_consumer()
    process = await asyncio.create_subprocess_exec(*program, env=environment, stderr=PIPE)
    try:
        await _until_read(operator, process)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _until_read(operator: AbstractConnection, process: asyncio.subprocess.Process) -> None:
    while process.returncode is None:
        channel = await operator.channel()
        with suppress(ChannelNotFoundEntity):  # which closes the channel
            queue = await channel.get_queue(QUEUE)
            if queue.declaration_result.consumer_count:
                return
        await asyncio.sleep(0.05)


async def _until_kept(operator: AbstractConnection) -> None:
    """Wait until a message is in the queue again that a program took and did not acknowledge."""
    async with asyncio.timeout(SECONDS):
        while True:
            queue = await (await operator.channel()).get_queue(QUEUE)
            if queue.declaration_result.message_count == 1:
                return
            await asyncio.sleep(0.05)


async def shows(mirror: Path, expected: People) -> People:
    """Return the people of the mirror, as soon as they are those that are expected."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS):
            while people_of(mirror) != expected:
                await asyncio.sleep(0.05)
    return people_of(mirror)


def people_of(mirror: Path) -> People:
    """Return the states and addresses of people by the URLs of their users."""
    with closing(sqlite3.connect(mirror)) as db:
        found = db.execute("SELECT person, state, email FROM people")
        return {person: (state, email) for person, state, email in found}


async def test_the_consumer_of_the_page_keeps_the_newest_state_of_each_person(
    installation: Installation,
    operator: AbstractConnection,
    events: AbstractExchange,
    tmp_path: Path,
) -> None:
    mirror = tmp_path / "people.sqlite3"
    bundle = json.loads(bundle_of(VERSION).read_text(encoding="utf-8"))
    async with consuming(installation, operator, mirror):
        await publish(events, "events-urgent", recorded("store-leaver", 1))
        await publish(events, "events-bulk", recorded("store-joiner", 0))  # a straggler
        await publish(events, "events-bulk", recorded("mdm-joiner", 0))
        expected: People = {STORE: ("left", ADA), MDM: ("works", ADA)}
        assert await shows(mirror, expected) == expected
    await publish(events, "bundles-bulk", bundle)
    await publish(events, "bundles-urgent", [recorded("mdm-removed", 1)])
    async with consuming(installation, operator, mirror) as process:
        expected |= {DASHBOARD: ("works", ADA), MDM: ("left", None)}
        assert await shows(mirror, expected) == expected
        later = recorded("store-returned", 2) | {"type": "muster.identity-changed.v2"}
        await publish(events, "events-bulk", later)
        _, complaint = await process.communicate()
    assert "a major version that this program does not know" in complaint.decode()
    await _until_kept(operator)  # for a newer program
    assert people_of(mirror) == expected
