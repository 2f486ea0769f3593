"""How do events reach RabbitMQ? In batches, each parcel confirmed; anything else is Unknown."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import ChannelNotFoundEntity
from pamqp.commands import Basic

from api.rabbitmq_backlog import count_backlog
from api.rabbitmq_connection import Broker, answers, hang_up
from contracts.peer_failures import PeerFailed, peer_failures
from contracts.topology import ATTEMPTS_HEADER, CONTENT_TYPE, NOT_APPLIED, Topology
from contracts.transport import Confirmed, Parcel, PublishOutcome, TransportState, Unknown

CONFIRM_SECONDS = 10.0
"""How long to wait for a connection, then for a broker that blocks publishers, then for a confirm:
three times this is less than the relay leases its marks for."""

LOOK_SECONDS = 3.0
"""For a look at the broker; who scrapes metrics waits for it."""

ASKED_AFTER = 0.5
"""Seconds of silence after which the broker has to answer before anything is published."""


class PublisherClosed(Exception):
    """It was asked to publish after its end."""


class RabbitmqPublisher:
    """The relay's end. It keeps one connection, which the next publication opens when it is lost.

    Nothing is repeated here: the relay repeats what is Unknown, and with it the connecting. An
    alarm of the broker blocks connections that publish, so nobody may consume on this one.
    """

    def __init__(
        self, url: str, topology: Topology, confirm_seconds: float = CONFIRM_SECONDS
    ) -> None:
        self._broker = Broker(url)
        self._topology = topology
        self._confirm_seconds = confirm_seconds
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._heard = 0.0
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """Publish the parcels in their order, and wait until the fate of each is known."""
        try:
            exchange = await self._exchange()
        except PeerFailed as failure:
            return [Unknown(str(failure)) for _ in parcels]
        return await asyncio.gather(*(self._send(exchange, parcel) for parcel in parcels))

    async def look(self) -> TransportState:
        """Look whether the broker takes messages, and how many lie there."""
        try:
            async with peer_failures(LOOK_SECONDS, late="no connection in time"):
                connection, _ = await self._open()
        except PeerFailed:
            return TransportState(connected=False)
        if await _is_blocked(connection):
            return TransportState(connected=self._is_open, blocked=self._is_open)
        try:
            async with peer_failures(LOOK_SECONDS, late="no count in time"):
                backlog = await count_backlog(connection, self._topology)
                return TransportState(connected=True, backlog=backlog)
        except PeerFailed as failure:
            return TransportState(connected=self._is_open, incomplete=_is_incomplete(failure))

    async def close(self) -> None:
        """Hang up. What is still on its way becomes Unknown, and so does whatever comes later."""
        self._closed = True
        async with self._opening:
            self._leave()
            await asyncio.gather(*self._leaving)

    @property
    def _is_open(self) -> bool:
        return self._channel is not None and not self._channel.is_closed

    async def _send(self, exchange: AbstractExchange, parcel: Parcel) -> PublishOutcome:
        routing_key = self._topology.routing_key(parcel.lane)
        try:
            async with peer_failures(self._confirm_seconds, late="no confirm in time"):
                answer = await exchange.publish(_message(parcel), routing_key, mandatory=True)
        except PeerFailed as failure:
            self._heard = 0.0
            return Unknown(NOT_APPLIED if _is_incomplete(failure) else str(failure))
        self._heard = asyncio.get_running_loop().time()
        # What no queue takes is handed back instead of confirmed.
        return Confirmed() if isinstance(answer, Basic.Ack) else Unknown("unroutable")

    async def _exchange(self) -> AbstractExchange:
        async with peer_failures(self._confirm_seconds, late="no connection in time"):
            connection, channel = await self._open()
            exchange = await channel.get_exchange(self._topology.events, ensure=False)
        async with peer_failures(self._confirm_seconds, late="blocked by the broker"):
            if connection.transport:
                await connection.transport.ready()
        return exchange

    async def _open(self) -> tuple[AbstractConnection, AbstractChannel]:
        async with self._opening:
            if self._closed:
                raise PublisherClosed
            if self._connection is None or self._channel is None or not await self._is_alive():
                self._leave()
                self._connection = await self._broker.dial("muster relay")
                self._channel = await self._connection.channel()
                self._heard = asyncio.get_running_loop().time()
            return self._connection, self._channel

    async def _is_alive(self) -> bool:
        """Ask the broker, unless it was heard just now, or has said that it listens to nobody."""
        if self._connection is None or self._channel is None or self._channel.is_closed:
            return False
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard < ASKED_AFTER or await _is_blocked(self._connection):
            return True
        try:
            alive = await answers(self._channel)
        except asyncio.CancelledError:  # nobody would wait for it: the next one does without
            self._leave()
            raise
        self._heard = loop.time()
        return alive

    def _leave(self) -> None:
        """Hang up, without waiting for a peer that may be gone."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            leaving = asyncio.create_task(hang_up(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)


def _is_incomplete(failure: PeerFailed) -> bool:
    """Say whether the broker has no exchange or queue of that name."""
    return isinstance(failure.__cause__, ChannelNotFoundEntity)


async def _is_blocked(connection: AbstractConnection) -> bool:
    """Say whether the broker has told this connection to wait."""
    try:
        async with asyncio.timeout(0):  # no wait at all where it may send
            if connection.transport:
                await connection.transport.ready()
    except TimeoutError:
        return True
    return False


def _message(parcel: Parcel) -> Message:
    return Message(
        parcel.body,
        content_type=CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        headers={ATTEMPTS_HEADER: parcel.attempts},
        message_id=uuid4().hex,  # returns are told apart by it: one per publication, not per event
    )
