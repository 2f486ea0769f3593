"""How are acks sent? Those that come together as one frame, where that names nothing else."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from aiormq.abc import AbstractChannel

from contracts.remote_calls import RemoteCallFailed, remote_call

LOG = structlog.get_logger(__name__)

ACK_SECONDS = 10.0


@dataclass(slots=True)
class Answered:
    """Which deliveries of a channel are answered; their tags count from 1.

    One that never is keeps those behind it apart until the channel ends.
    """

    up_to: int = 0
    beyond: set[int] = field(default_factory=set)

    def add(self, tags: Collection[int]) -> None:
        """Take note of answers, whatever they are."""
        self.beyond.update(tags)
        while self.up_to + 1 in self.beyond:
            self.up_to += 1
            self.beyond.remove(self.up_to)

    def acks_of(self, tags: Collection[int]) -> tuple[int | None, list[int]]:
        """Return how to ack what was just added: up to which tag at once, and which one by one.

        The first is the tag of one of these: a broker refuses one that it knows no more (AMQP
        0-9-1, basic.ack).
        """
        together = max((tag for tag in tags if tag <= self.up_to), default=None)
        return together, sorted(tag for tag in tags if tag > self.up_to)


class Acks:
    """Acknowledges the deliveries of one channel.

    An ack that comes after the connection was lost is of no consequence: the broker gives the
    message to somebody else, who finds its effect there already.
    """

    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel
        self._answered = Answered()
        self._due: list[int] = []
        self._sending: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def ack(self, tag: int) -> None:
        """Acknowledge a delivery, with all others that somebody acknowledges just now."""
        self._due.append(tag)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        await asyncio.shield(self._sending)

    def returned(self, tag: int) -> None:
        """Take note that a delivery was given back to the broker."""
        self._answered.add([tag])

    async def _send(self) -> None:
        async with self._one_at_a_time:  # or what closes a gap acks what is about to be acked
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
