"""What carries publications? A line opens its channel when needed, and probes it after silence."""

import asyncio

from aio_pika.abc import AbstractChannel, AbstractConnection

from api.outbox.rabbitmq.connection import Broker, answers, hang_up

ASKED_AFTER = 0.5
"""Seconds of silence after which the broker has to answer before a publication."""


class PublisherClosed(Exception):
    """The publisher was used after its end."""


class RabbitmqLine:
    """A connection with a single channel, which the next use reopens after a loss.

    An alarm of the broker blocks connections that publish, so no consumer may share this one.
    """

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker = broker
        self._name = name
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._heard = 0.0
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Return whether the channel is open."""
        return self._channel is not None and not self._channel.is_closed

    @property
    def is_closed(self) -> bool:
        """Return whether ``close`` has ended the line."""
        return self._closed

    def heard(self) -> None:
        """Note that the broker has just answered."""
        self._heard = asyncio.get_running_loop().time()

    def doubt(self) -> None:
        """Probe the broker before the next use, however short its silence."""
        self._heard = 0.0

    async def open(self) -> tuple[AbstractConnection, AbstractChannel]:
        """Return the connection and its channel, both open."""
        async with self._opening:
            if self._closed:
                raise PublisherClosed
            if self._connection is None or self._channel is None or not await self._is_alive():
                self._leave()
                self._connection = await self._broker.dial(self._name)
                self._channel = await self._connection.channel()
                self.heard()
            return self._connection, self._channel

    async def close(self) -> None:
        """Hang up for good."""
        self._closed = True
        async with self._opening:
            self._leave()
            await asyncio.gather(*self._leaving)

    async def _is_alive(self) -> bool:
        """Probe the broker, unless it has answered just now, or an alarm blocks the connection."""
        if self._connection is None or self._channel is None or self._channel.is_closed:
            return False
        silent = asyncio.get_running_loop().time() - self._heard
        if silent < ASKED_AFTER or await is_blocked(self._connection):
            return True
        try:
            alive = await answers(self._channel)
        except (
            asyncio.CancelledError
        ):  # an answer may come yet, out of step: the next use reconnects
            self._leave()
            raise
        self.heard()
        return alive

    def _leave(self) -> None:
        """Hang up in the background: the peer may be gone."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            leaving = asyncio.create_task(hang_up(connection))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)


async def is_blocked(connection: AbstractConnection) -> bool:
    """Return whether the broker has blocked a connection (connection.blocked)."""
    try:
        async with asyncio.timeout(0):  # an unblocked connection is ready at once
            if connection.transport:
                await connection.transport.ready()
    except TimeoutError:
        return True
    return False
