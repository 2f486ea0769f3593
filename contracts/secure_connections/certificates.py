"""Why is a certificate refused? The server shows it once more, and its names and dates tell.

The library tells neither the name nor the date of a certificate that it has refused. So a second
connection, over which nothing is sent, reads them from a server whose authority is trusted.
"""

import asyncio
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from contracts.addresses import Address
from contracts.secure_connections.problems import CertificateRefused, ClientRefused, errors_behind
from contracts.sockets import open_socket

NOT_YET_VALID, EXPIRED, OTHER_NAME, OTHER_ADDRESS = 9, 10, 62, 64
"""OpenSSL's reasons (X509_V_ERR_…) that the certificate itself explains."""

UNKNOWN_AUTHORITY = frozenset({2, 7, 18, 19, 20, 21})
"""OpenSSL's reasons for which the certificate comes from no authority that is trusted. The second
is for an authority that has the name of one, and another key."""

WHATEVER_THE_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which the library has no name."""

LOOK_SECONDS = 4.0
"""After which a refusal is told without the certificate."""

WANTED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")
"""Ends of OpenSSL's reasons with which a server hangs up that got no certificate; the second is
that of TLS 1.2."""

Shown = Mapping[str, Any]
"""A certificate as ``ssl.SSLSocket.getpeercert`` returns it; empty where none was seen."""


async def refusal(
    error: ssl.SSLCertVerificationError,
    address: Address,
    context: ssl.SSLContext,
    request: bytes = b"",
) -> CertificateRefused:
    """Return the error about a certificate that was refused at this address.

    :param context: the context that has refused it.
    :param request: what asks the server for TLS, where it does not begin with that.
    """
    shown: Shown = {}
    if error.verify_code in {NOT_YET_VALID, EXPIRED, OTHER_NAME, OTHER_ADDRESS}:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                shown = await _look(address, _lenient(context), request)
        except (OSError, EOFError):
            shown = {}
    return CertificateRefused(told(error, address.server.host, shown))


def told(error: ssl.SSLCertVerificationError, host: str, shown: Shown) -> str:
    """Return in words why a certificate was refused.

    :param host: the host that is meant.
    :param shown: the certificate, as far as it is known.
    """
    match error.verify_code:
        case code if code in UNKNOWN_AUTHORITY:
            return "no trusted authority has issued the certificate of the server"
        case code if code in {OTHER_NAME, OTHER_ADDRESS}:
            names = " and ".join(f"'{name}'" for _, name in shown.get("subjectAltName", ()))
            is_for = f"is for {names}, not '{host}'" if names else f"is not for '{host}'"
            return f"the certificate of the server {is_for}"
        case code if code == EXPIRED and _is_over(shown):
            return f"the certificate of the server has expired on {shown['notAfter']}"
        case code if code == EXPIRED:
            return "the certificate of the server, or of its authority, has expired"
        case code if code == NOT_YET_VALID:
            begin = shown.get("notBefore", "a later time")
            return f"the certificate of the server is valid from {begin} on: see the clocks"
        case _:
            return f"the certificate of the server is refused: {error.verify_message}"


@contextmanager
def explained_refusals(context: ssl.SSLContext | None) -> Iterator[None]:
    """Say of an error whether the server wanted a certificate of the client, or refused it.

    The client has finished the handshake by then (TLS 1.3). The server tells the reason and hangs
    up, and which of the two is heard first is chance.

    :param context: the context of the connection; None: it is not encrypted.
    :raises ClientRefused: in place of the error of the connection.
    """
    try:
        yield
    except Exception as error:
        if context is not None and (refused := _refused(error)):
            raise ClientRefused(refused) from error
        raise


def _refused(error: BaseException) -> str:
    """Return what a server has done to a client over TLS; "" for another error."""
    for it in errors_behind(error):
        if isinstance(it, ssl.SSLError) and "_ALERT_" in (it.reason or ""):
            wanted = it.reason.endswith(WANTED)
            return f"the server {'wants a' if wanted else 'refuses the'} certificate of the client"
        if isinstance(it, ConnectionResetError | EOFError):
            return "the server hangs up: does it want a certificate of the client, or another one?"
    return ""


def _is_over(shown: Shown) -> bool:
    return "notAfter" in shown and ssl.cert_time_to_seconds(shown["notAfter"]) < time.time()


def _lenient(strict: ssl.SSLContext) -> ssl.SSLContext:
    """Return a context with the same authorities that bears every name and every date."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_default_verify_paths()
    if known := strict.get_ca_certs(binary_form=True):
        context.load_verify_locations(cadata=b"".join(known))
    context.verify_flags |= ssl.VerifyFlags(WHATEVER_THE_TIME)
    return context


async def _look(address: Address, context: ssl.SSLContext, request: bytes) -> Shown:
    loop = asyncio.get_running_loop()
    with await open_socket(address) as opened:
        if request:
            await loop.sock_sendall(opened, request)
            await loop.sock_recv(opened, 1)
        _, writer = await asyncio.open_connection(
            sock=opened, ssl=context, server_hostname=address.server.host
        )
        shown: Shown = writer.get_extra_info("peercert") or {}
        writer.transport.abort()
        return shown
