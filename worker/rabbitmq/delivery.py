"""How does the worker answer a message of RabbitMQ? An ack follows once the events are safe."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import ChannelInvalidStateError

from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import ATTEMPTS_HEADER, LANE_HEADER, REASON_HEADER, Lane, Topology
from contracts.transport import DeadLettered, Part, RetryAfter, Returned
from worker.rabbitmq.acks import Acks
from worker.rabbitmq.set_aside import Letter, SetAside

LOG = structlog.get_logger(__name__)

NACK_SECONDS = 10.0

RETURNS_HEADER = "x-delivery-count"
"""The header in which a quorum queue tells how often a message was returned without an ack."""

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
    def unanswered(self) -> int:
        returns = self.message.headers.get(RETURNS_HEADER)
        return returns if isinstance(returns, int) else 0

    @property
    def is_lost(self) -> bool:
        """Return whether the message's channel is closed, so that the broker delivers it again."""
        try:
            return self.message.channel.is_closed
        except ChannelInvalidStateError:
            return True

    async def ack(self) -> None:
        await self.acks.ack(self._tag)

    async def retry(self, after_seconds: float) -> None:
        await self._publish_then_ack([self._letter(self.body, RetryAfter(after_seconds))])

    async def dead_letter(self, reason: str) -> None:
        await self._publish_then_ack([self._letter(self.body, DeadLettered(reason))])

    async def fall_apart(self, parts: Sequence[Part]) -> None:
        await self._publish_then_ack([self._letter(part.body, part.answer) for part in parts])

    def _letter(self, body: bytes, answer: RetryAfter | DeadLettered | Returned) -> Letter:
        """Return the message that takes the place of an event."""
        match answer:
            case RetryAfter(seconds=seconds):
                tier = self.topology.tier(self.lane, seconds)
                return Letter(tier, body, {ATTEMPTS_HEADER: self.attempts + 1})
            case Returned():
                lane = self.topology.lane(self.lane)
                return Letter(lane, body, {ATTEMPTS_HEADER: self.attempts})
            case DeadLettered(reason=reason):
                headers: dict[str, str | int] = {
                    ATTEMPTS_HEADER: self.attempts,
                    LANE_HEADER: str(self.lane),
                    REASON_HEADER: reason,
                }
                return Letter(self.topology.dead_letters, body, headers)

    async def _publish_then_ack(self, letters: Sequence[Letter]) -> None:
        """Publish, then ack: a duplicate is harmless, a lost message is not."""
        if self.is_lost:
            return
        if all(await asyncio.gather(*map(self.set_aside.put, letters))):
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
