"""How does the worker connect to RabbitMQ? A connection tries every address of the broker."""

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

CONNECT_SECONDS = 10.0
"""The time for all addresses of the broker together."""

ANSWER_SECONDS = 2.0
CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 5
"""A silent peer is given up after about three heartbeats, and no NAT forgets the connection."""


class Broker:
    """The broker, with all its addresses.

    A connection is not restored by itself: its owner notices the loss and connects again, so that
    the first connection and every later one are set up in the same way.
    """

    def __init__(self, url: str) -> None:
        """Read a URL, which may name several hosts of a cluster with commas between."""
        self._url = BrokerUrl(url)
        self._addresses = Addresses(self._url.servers)

    async def dial(self, name: str) -> AbstractConnection:
        """Open a connection with a name for the broker's operators.

        :raises TimeoutError: when no address has answered in time, else the last attempt's error.
        """
        url = URL(self._url.with_password()).update_query(heartbeat=HEARTBEAT_SECONDS)
        tls = self._url.context()

        async def attempt(address: Address) -> AbstractConnection:
            connection = Connection(url, client_properties={"connection_name": name})
            connection.kwargs["transport_factory"] = _AddressTransport(address, tls)
            with explained_failures(tls):
                await connection.connect()
            return connection

        return await self._addresses.reach(attempt, CONNECT_SECONDS, CONNECTION_EXCEPTIONS)


class _AddressTransport(TransportFactory):
    """Connects to one given address, where the library would resolve the host name itself."""

    def __init__(self, address: Address, tls: SSLContext | None) -> None:
        self._address = address
        self._tls = tls

    async def create(self, url: URL, **kwargs: Any) -> Stream:  # the library's
        return await open_stream(self._address, self._tls)


async def answers(channel: AbstractChannel) -> bool:
    """Return whether the broker answers in time: a connection lost in silence looks open."""
    try:
        async with remote_call(ANSWER_SECONDS, late="no answer in time"):
            await channel.set_qos()  # the cheapest request; its defaults change nothing here
    except RemoteCallFailed:
        return False
    return True


async def hang_up(connection: AbstractConnection | None) -> None:
    """Close a connection, if there is one; a lost or silent connection raises no error."""
    if connection is not None:
        with suppress(RemoteCallFailed):
            async with remote_call(CLOSE_SECONDS, late="no goodbye in time"):
                await connection.close()
