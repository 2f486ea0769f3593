"""How is a message moved to a retry tier or the dead letters? The broker confirms a publication."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection
from pamqp.commands import Basic

from contracts.identities_changed import is_bundle
from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import BUNDLE_CONTENT_TYPE, CONTENT_TYPE, Topology
from worker.rabbitmq.connection import CONNECT_SECONDS, Broker, answers, hang_up

LOG = structlog.get_logger(__name__)

CONFIRM_SECONDS = 10.0

PROBE_AFTER_SECONDS = 0.5
"""Seconds of silence after which the broker has to answer before anything is published."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to a queue by its name."""

    queue: str
    body: bytes
    headers: Mapping[str, str | int]


class SetAside:
    """Publishes to queues by their names, on a connection of its own that is opened when needed.

    An alarm of the broker blocks connections that publish. On the consumer's connection, the alarm
    would stop the acks, which free the broker's memory.
    """

    def __init__(self, broker: Broker, topology: Topology) -> None:
        self._broker = broker
        self._topology = topology
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._last_heard = 0.0
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    async def put(self, letter: Letter) -> bool:
        """Publish a message to its queue; return whether the broker has confirmed it."""
        message = Message(
            letter.body,
            content_type=BUNDLE_CONTENT_TYPE if is_bundle(letter.body) else CONTENT_TYPE,
            delivery_mode=DeliveryMode.PERSISTENT,
            headers=dict(letter.headers),
        )
        try:
            return await self._publish(letter.queue, message)
        except RemoteCallFailed as failure:
            LOG.warning("set_aside_unknown", queue=letter.queue, reason=str(failure))
            return False

    async def close(self) -> None:
        """Disconnect for good."""
        self._closed = True
        async with self._opening:
            self._disconnect()
            await asyncio.gather(*self._closing)

    async def _publish(self, queue: str, message: Message) -> bool:
        async with remote_call(CONNECT_SECONDS, late="no connection in time"):
            channel = await self._open()
            exchange = await channel.get_exchange(self._topology.direct, ensure=False)
        async with remote_call(CONFIRM_SECONDS, late="no confirm in time"):
            answer = await exchange.publish(message, queue, mandatory=True)
        self._last_heard = asyncio.get_running_loop().time()
        return isinstance(answer, Basic.Ack)

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._closed:
                raise ConnectionError("closed")
            if self._channel is None or not await self._is_alive(self._channel):
                self._disconnect()
                self._connection = await self._broker.dial("muster worker, setting aside")
                self._channel = await self._connection.channel()
            return self._channel

    async def _is_alive(self, channel: AbstractChannel) -> bool:
        """Return whether the broker was heard just now, or answers a probe."""
        if channel.is_closed:
            return False
        just_now = asyncio.get_running_loop().time() - self._last_heard < PROBE_AFTER_SECONDS
        return just_now or await answers(channel)

    def _disconnect(self) -> None:
        """Close the connection, without waiting for a peer that may be gone."""
        connection, self._connection, self._channel = self._connection, None, None
        closing = asyncio.create_task(hang_up(connection))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
