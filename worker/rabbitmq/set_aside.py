"""How does a message get into a retry tier or among the dead letters? Published, and confirmed."""

import asyncio

import structlog
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection
from pamqp.commands import Basic

from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.topology import CONTENT_TYPE, Topology
from worker.rabbitmq.connection import CONNECT_SECONDS, Broker, answers, hang_up

LOG = structlog.get_logger(__name__)

CONFIRM_SECONDS = 10.0

ASKED_AFTER = 0.5
"""Seconds of silence after which the broker has to answer before anything is published."""


class SetAside:
    """Publishes to queues by their names, on a connection of its own that it opens when needed.

    An alarm of the broker blocks connections that publish. On the consumer's connection that
    would stop the acks, which are what frees the broker's memory.
    """

    def __init__(self, broker: Broker, topology: Topology) -> None:
        self._broker = broker
        self._topology = topology
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._heard = 0.0
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def put(self, queue: str, body: bytes, headers: dict[str, str | int]) -> bool:
        """Publish to a queue; say whether the broker has it for sure."""
        message = Message(
            body,
            content_type=CONTENT_TYPE,
            delivery_mode=DeliveryMode.PERSISTENT,
            headers=dict(headers),
        )
        try:
            return await self._publish(queue, message)
        except RemoteCallFailed as failure:
            LOG.warning("set_aside_unknown", queue=queue, reason=str(failure))
            return False

    async def close(self) -> None:
        """Hang up, for good."""
        self._closed = True
        async with self._opening:
            self._leave()
            await asyncio.gather(*self._leaving)

    async def _publish(self, queue: str, message: Message) -> bool:
        async with remote_call(CONNECT_SECONDS, late="no connection in time"):
            channel = await self._open()
            exchange = await channel.get_exchange(self._topology.direct, ensure=False)
        async with remote_call(CONFIRM_SECONDS, late="no confirm in time"):
            answer = await exchange.publish(message, queue, mandatory=True)
        self._heard = asyncio.get_running_loop().time()
        return isinstance(answer, Basic.Ack)

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._closed:
                raise ConnectionError("closed")
            if self._channel is None or not await self._is_alive(self._channel):
                self._leave()
                self._connection = await self._broker.dial("muster worker, setting aside")
                self._channel = await self._connection.channel()
            return self._channel

    async def _is_alive(self, channel: AbstractChannel) -> bool:
        """Ask the broker, unless it was heard just now."""
        if channel.is_closed:
            return False
        just_now = asyncio.get_running_loop().time() - self._heard < ASKED_AFTER
        return just_now or await answers(channel)

    def _leave(self) -> None:
        """Hang up, without waiting for a peer that may be gone."""
        connection, self._connection, self._channel = self._connection, None, None
        leaving = asyncio.create_task(hang_up(connection))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
