"""How does the worker hold the line to RabbitMQ? How it dials, and how it hangs up."""

from contextlib import suppress

from aio_pika import connect
from aio_pika.abc import AbstractConnection

from contracts.peer_failures import PeerFailed, peer_failures

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 5.0
HEARTBEAT_SECONDS = 10
"""A peer that says nothing is given up after about three of them."""


async def dial(url: str, name: str) -> AbstractConnection:
    """Open a connection, under a name that the broker's operators see.

    It does not come back by itself: who holds it notices the loss and dials again, so that the
    first connection and every later one are set up in the same way.
    """
    return await connect(
        url,
        timeout=CONNECT_SECONDS,
        heartbeat=HEARTBEAT_SECONDS,
        client_properties={"connection_name": name},
    )


async def hang_up(connection: AbstractConnection | None) -> None:
    """Close the connection; one that is lost already, or does not answer, is left to itself."""
    if connection is not None:
        with suppress(PeerFailed):
            async with peer_failures(CLOSE_SECONDS, late="no goodbye in time"):
                await connection.close()
