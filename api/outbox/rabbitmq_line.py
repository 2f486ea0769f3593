"""How is RabbitMQ reached by whoever publishes? A line: opened when it is needed, and again."""

import asyncio
from contextlib import suppress

from aio_pika import connect
from aio_pika.abc import AbstractChannel, AbstractConnection

from contracts.peer_failures import PeerFailed, peer_failures

CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
"""A peer that says nothing is given up after about three of them."""


class PublisherClosed(Exception):
    """It was asked to publish after its end."""


class RabbitmqLine:
    """One connection with one channel, which the next use opens when it is lost.

    An alarm of the broker blocks connections that publish, so nobody may consume on this one.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Say whether it can carry something now."""
        return self._channel is not None and not self._channel.is_closed

    @property
    def is_closed(self) -> bool:
        """Say whether it was ended from here."""
        return self._closed

    async def open(self) -> tuple[AbstractConnection, AbstractChannel]:
        """Return both, connected."""
        async with self._opening:
            if self._closed:
                raise PublisherClosed
            if self._connection is None or self._channel is None or self._channel.is_closed:
                await self._hang_up()
                self._connection = await connect(
                    self._url,
                    heartbeat=HEARTBEAT_SECONDS,
                    client_properties={"connection_name": self._name},
                )
                self._channel = await self._connection.channel()
            return self._connection, self._channel

    async def close(self) -> None:
        """Hang up for good."""
        self._closed = True
        async with self._opening:
            await self._hang_up()

    async def _hang_up(self) -> None:
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(PeerFailed):
                async with peer_failures(CLOSE_SECONDS, late="no goodbye in time"):
                    await connection.close()
