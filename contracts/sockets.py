"""How is a connection to a server opened? A socket to one address gets TCP keepalive."""

import asyncio
import socket

from contracts.addresses import Address

KEEPALIVE_OPTIONS = {
    "TCP_KEEPIDLE": 15,  # seconds of silence before the first probe, which NATs see as well
    "TCP_KEEPINTVL": 5,  # seconds between probes
    "TCP_KEEPCNT": 3,  # probes without an answer after which the connection is lost
    "TCP_USER_TIMEOUT": 30_000,  # milliseconds that sent data may stay unacknowledged
}
"""Options of TCP by their names in the module socket; not every system has all of them."""


async def open_socket(address: Address) -> socket.socket:
    """Connect a socket.

    :raises OSError: when nothing answers there.
    """
    opened = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        opened.settimeout(0)
        _keep_alive(opened)
        await asyncio.get_running_loop().sock_connect(opened, address.socket_address)
    except BaseException:
        opened.close()
        raise
    return opened


def _keep_alive(opened: socket.socket) -> None:
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE_OPTIONS.items():
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
