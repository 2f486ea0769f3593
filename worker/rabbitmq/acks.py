"""How are acks sent? A frame acknowledges several deliveries, where their tags have no gaps."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from aiormq.abc import AbstractChannel

from contracts.remote_calls import RemoteCallFailed, remote_call

LOG = structlog.get_logger(__name__)

ACK_SECONDS = 10.0
"""The time for sending the acks that are due."""


@dataclass(slots=True)
class AnsweredTags:
    """The tags of the answered deliveries of a channel, which count from 1.

    All tags up to ``up_to`` are answered, and those in ``beyond``. A delivery that is never
    answered keeps later ones in ``beyond`` until the channel ends.
    """

    up_to: int = 0
    beyond: set[int] = field(default_factory=set)

    def add(self, tags: Collection[int]) -> None:
        """Record deliveries as answered, by an ack or a nack."""
        self.beyond.update(tags)
        while self.up_to + 1 in self.beyond:
            self.up_to += 1
            self.beyond.remove(self.up_to)

    def acks_of(self, tags: Collection[int]) -> tuple[int | None, list[int]]:
        """Return the tag to ack with all before it, and the tags to ack one by one.

        The first tag is one of those just added: a broker refuses a tag that is answered already
        (AMQP 0-9-1, basic.ack).
        """
        together = max((tag for tag in tags if tag <= self.up_to), default=None)
        return together, sorted(tag for tag in tags if tag > self.up_to)


class Acks:
    """Acknowledges the deliveries of one channel.

    An ack that is lost with its connection is harmless: the broker delivers the message to another
    consumer, which finds its effect committed.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._answered = AnsweredTags()
        self._due: list[int] = []
        self._sending: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ack(self, tag: int) -> None:
        """Acknowledge a delivery, together with all others that are due by the next frame."""
        self._due.append(tag)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        await asyncio.shield(self._sending)

    def returned(self, tag: int) -> None:
        """Record a delivery that was returned to the broker by a nack."""
        self._answered.add([tag])

    async def _send(self) -> None:
        async with self._one_at_a_time:  # else a later frame could ack the tags of this one first
            due, self._due, self._sending = self._due, [], None
            self._answered.add(due)
            await self._send_acks(due)

    async def _send_acks(self, due: Collection[int]) -> None:
        together, singly = self._answered.acks_of(due)
        try:
            async with remote_call(ACK_SECONDS, late="no ack taken in time"):
                if together is not None:
                    await self._channel.basic_ack(together, multiple=True)
                for tag in singly:
                    await self._channel.basic_ack(tag)
        except RemoteCallFailed as failure:
            LOG.info("acks_lost", deliveries=len(due), reason=str(failure))
