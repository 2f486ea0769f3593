"""How does the worker answer a message of RabbitMQ? A delivery is acked, retried or set aside."""

import asyncio
from dataclasses import dataclass

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import ChannelInvalidStateError

from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import ATTEMPTS_HEADER, LANE_HEADER, REASON_HEADER, Lane, Topology
from worker.rabbitmq.acks import Acks
from worker.rabbitmq.set_aside import SetAside

LOG = structlog.get_logger(__name__)

NACK_SECONDS = 10.0

PAUSE_BEFORE_RETURN = 1.0
"""Seconds before a message that could not be set aside goes back to its lane. Without the pause it
would be redelivered at once, and reach the delivery limit within a moment."""


@dataclass(frozen=True, slots=True, eq=False)
class RabbitmqDelivery:
    """A message at the worker. The broker keeps the message until the answer."""

    message: AbstractIncomingMessage
    lane: Lane
    topology: Topology
    set_aside: SetAside
    acks: Acks

    @property
    def body(self) -> bytes:
        return self.message.body

    @property
    def attempts(self) -> int:
        attempts = self.message.headers.get(ATTEMPTS_HEADER)
        return attempts if isinstance(attempts, int) else 0

    @property
    def is_lost(self) -> bool:
        """Whether the channel of the message is closed, so that the broker delivers it again."""
        try:
            return self.message.channel.is_closed
        except ChannelInvalidStateError:
            return True

    async def ack(self) -> None:
        await self.acks.ack(self._tag)

    async def retry(self, after_seconds: float) -> None:
        tier = self.topology.tier(self.lane, after_seconds)
        await self._move(tier, {ATTEMPTS_HEADER: self.attempts + 1})

    async def dead_letter(self, reason: str) -> None:
        headers: dict[str, str | int] = {
            ATTEMPTS_HEADER: self.attempts,
            LANE_HEADER: str(self.lane),
            REASON_HEADER: reason,
        }
        await self._move(self.topology.dead_letters, headers)

    async def _move(self, queue: str, headers: dict[str, str | int]) -> None:
        """Publish to another queue, then ack: a duplicate is harmless, a lost message is not."""
        if self.is_lost:
            return
        if await self.set_aside.put(queue, self.body, headers):
            await self.ack()
        else:
            await asyncio.sleep(PAUSE_BEFORE_RETURN)
            await self._nack()

    async def _nack(self) -> None:
        """Return the message to its lane."""
        try:
            async with remote_call(NACK_SECONDS, late="no nack taken in time"):
                await self.message.nack()
        except RemoteCallFailed as failure:
            LOG.info("nack_lost", lane=self.lane, reason=str(failure))
        else:
            self.acks.returned(self._tag)

    @property
    def _tag(self) -> int:
        tag = self.message.delivery_tag
        assert tag, "a delivered message has a tag"
        return tag
