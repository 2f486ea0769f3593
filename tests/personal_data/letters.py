"""What lies on the broker? Messages with their headers, and some that nobody can read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aio_pika import Message, connect
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from contracts.identities_changed import is_bundle, split
from contracts.identity_changed import Trace, encode
from contracts.topology import Lane, Topology
from tests.drivers.people import STORE, joiner
from tests.personal_data.marks import NAME, personal

EVENT = json.loads(encode(joiner(STORE, NAME), Trace(correlation_id="c-1")))
UNREADABLE: tuple[bytes, ...] = tuple(
    body if isinstance(body, bytes) else json.dumps(body).encode()
    for body in (
        personal("not JSON").encode(),
        NAME.encode() + b"\xff",
        [personal("not an object"), personal("nor this")],
        EVENT | {"type": NAME},
        EVENT | {"type": {NAME: NAME}},
        EVENT | {"data": personal("data")},
        EVENT | {"time": NAME, "source": [NAME], "subject": {NAME: NAME}},
        EVENT | {"data": EVENT["data"] | {"profile": {NAME: [NAME]}}},
        EVENT | {"data": EVENT["data"] | {"terms": {"portal": NAME, NAME: NAME}}},
        EVENT | {"data": EVENT["data"] | {"groups": {NAME: NAME}, "version": NAME}},
        EVENT | {"data": EVENT["data"] | {"active": False}},
    )
)
"""Bodies that become dead letters, for every reason."""

LETTERS: tuple[bytes, ...] = tuple(
    letter for body in UNREADABLE for letter in (split(body) if is_bundle(body) else (body,))
)
"""The bodies of the dead letters: of a bundle, each event is a letter of its own."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A look at the broker, and a way to publish what the relay never would."""

    channel: AbstractChannel
    topology: Topology
    listener: AbstractQueue

    async def publish_unreadable(self) -> None:
        """Put unreadable messages into a lane, and wait until all are put aside."""
        for body in UNREADABLE:
            await self.channel.default_exchange.publish(
                Message(body), self.topology.lane(Lane.URGENT)
            )
        dead = 0
        while dead < len(LETTERS):  # the worker moves them in its own time
            await asyncio.sleep(0.05)
            queue = await self.channel.declare_queue(self.topology.dead_letters, passive=True)
            dead = queue.declaration_result.message_count or 0

    async def headers(self) -> dict[str, str]:
        """Return what is written on the outside of every event, and of every dead letter."""
        dead = await self.channel.get_queue(self.topology.dead_letters)
        letters = [await dead.get() for _ in LETTERS]
        assert sorted(letter.body for letter in letters) == sorted(LETTERS)
        events = [event async for event in _all_in(self.listener)]
        assert events
        return {
            "headers of dead letters": "\n".join(map(_outside, letters)),
            "headers of events": "\n".join(map(_outside, events)),
        }


@asynccontextmanager
async def letters_on(url: str, topology: Topology) -> AsyncIterator[Letters]:
    """Listen to every event from now on."""
    async with await connect(url) as connection:
        channel = await connection.channel()
        listener = await channel.declare_queue(exclusive=True)
        await listener.bind(topology.events, "#")
        yield Letters(channel, topology, listener)


async def _all_in(queue: AbstractQueue) -> AsyncIterator[AbstractIncomingMessage]:
    while (message := await queue.get(fail=False)) is not None:
        yield message


def _outside(message: AbstractIncomingMessage) -> str:
    return repr((message.routing_key, message.exchange, message.info()))
