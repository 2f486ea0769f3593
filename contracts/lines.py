"""How is a line to a server opened? A socket to one address, with what keeps it alive."""

import asyncio
import socket
import ssl

from contracts.addresses import Address

KEPT_ALIVE = {
    "TCP_KEEPIDLE": 15,  # seconds of rest before a first sign of life, which NATs see as well
    "TCP_KEEPINTVL": 5,  # seconds between the next ones
    "TCP_KEEPCNT": 3,  # without an answer, and the line is lost
    "TCP_USER_TIMEOUT": 30_000,  # milliseconds that what was sent may stay unconfirmed
}
"""By their names in the module socket; not every system has all of them."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_line(address: Address) -> socket.socket:
    """Connect a socket.

    :raises OSError: when nothing answers there.
    """
    line = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        line.settimeout(0)
        _keep_alive(line)
        await asyncio.get_running_loop().sock_connect(line, address.place)
    except BaseException:
        line.close()
        raise
    return line


async def open_stream(address: Address, tls: ssl.SSLContext | None = None) -> Stream:
    """Connect a stream, encrypted where there is a context for it.

    :raises OSError: when nothing answers there, or its certificate is not the server's.
    """
    line = await open_line(address)
    try:
        name = address.server.host if tls else None
        return await asyncio.open_connection(sock=line, ssl=tls, server_hostname=name)
    except BaseException:
        line.close()
        raise


def _keep_alive(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEPT_ALIVE.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
