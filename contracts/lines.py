"""How is a line to a server opened? A socket to one address, with what keeps it alive."""

import asyncio
import socket
import ssl

from contracts.addresses import Address

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_line(address: Address) -> socket.socket:
    """Connect a socket.

    :raises OSError: when nothing answers there.
    """
    line = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        line.settimeout(0)
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
