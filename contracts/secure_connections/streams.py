"""How is a stream to a server opened? It connects a socket, with TLS where the URL says so."""

import asyncio
import ssl

from contracts.addresses import Address
from contracts.secure_connections.certificates import refusal
from contracts.sockets import open_socket

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_stream(address: Address, tls: ssl.SSLContext | None = None) -> Stream:
    """Connect a stream, encrypted if a TLS context is given.

    :raises CertificateRefused: when the certificate is not that of the server which is meant.
    :raises OSError: when nothing answers there.
    """
    opened = await open_socket(address)
    try:
        name = address.server.host if tls else None
        return await asyncio.open_connection(sock=opened, ssl=tls, server_hostname=name)
    except BaseException as error:
        opened.close()
        if tls is not None and isinstance(error, ssl.SSLCertVerificationError):
            raise await refusal(error, address, tls) from error
        raise
