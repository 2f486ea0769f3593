"""How does the relay connect to RabbitMQ? ``Broker`` dials its addresses; ``hang_up`` closes."""

from contextlib import suppress
from ssl import SSLContext
from typing import Any

from aio_pika import Connection
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.connection import TransportFactory
from yarl import URL

from contracts.addresses import Address, Addresses
from contracts.remote_calls import RemoteCallFailed, remote_call
from contracts.secure_connections.broker_urls import BrokerUrl
from contracts.secure_connections.certificates import explained_failures
from contracts.secure_connections.streams import Stream, open_stream

CONNECT_SECONDS = 8.0
"""How long dialling all addresses may take; a publication waits longer for its connection."""

ANSWER_SECONDS = 1.0
CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 5
"""The interval of heartbeats: about three silent ones end a connection, and NAT keeps it."""


class Broker:
    """The broker, by all its addresses.

    A lost connection does not come back by itself: its holder notices the loss and dials again, so
    that the first connection and every later one are set up in the same way.
    """

    def __init__(self, url: str) -> None:
        """Take a URL, which may name several hosts of a cluster, separated by commas."""
        self._url = BrokerUrl(url)
        self._addresses = Addresses(self._url.servers)

    async def dial(self, name: str) -> AbstractConnection:
        """Open a connection, under a name that the broker's operators see."""
        url = URL(self._url.with_password()).update_query(heartbeat=HEARTBEAT_SECONDS)
        tls = self._url.context()

        async def attempt(address: Address) -> AbstractConnection:
            connection = Connection(url, client_properties={"connection_name": name})
            connection.kwargs["transport_factory"] = _LineTo(address, tls)
            with explained_failures(tls):
                await connection.connect()
            return connection

        return await self._addresses.reach(attempt, CONNECT_SECONDS, CONNECTION_EXCEPTIONS)


class _LineTo(TransportFactory):
    """Connects to one address, where the library would take the first of its host name."""

    def __init__(self, address: Address, tls: SSLContext | None) -> None:
        self._address = address
        self._tls = tls

    async def create(self, url: URL, **kwargs: Any) -> Stream:  # the library's
        return await open_stream(self._address, self._tls)


async def answers(channel: AbstractChannel) -> bool:
    """Return whether the broker answers at once: a line that the network has dropped looks open."""
    try:
        async with remote_call(ANSWER_SECONDS, late="no answer in time"):
            await (
                channel.set_qos()
            )  # the cheapest request, without effect on a channel that publishes
    except RemoteCallFailed:
        return False
    return True


async def hang_up(connection: AbstractConnection | None) -> None:
    """Close a connection; a lost or silent one is left to itself."""
    if connection is not None:
        with suppress(RemoteCallFailed):
            async with remote_call(CLOSE_SECONDS, late="no goodbye in time"):
                await connection.close()
