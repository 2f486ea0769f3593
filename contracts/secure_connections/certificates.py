"""Why does a connection over TLS fail? The certificate's names and dates tell it, or the server.

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
from contracts.secure_connections.problems import (
    CertificateRefused,
    ClientRefused,
    ConnectionProblem,
    ServerWithoutTls,
    errors_behind,
)
from contracts.sockets import open_socket

NOT_YET_VALID, EXPIRED, OTHER_NAME, OTHER_ADDRESS = 9, 10, 62, 64
"""OpenSSL's reasons (X509_V_ERR_…) that the certificate itself explains."""

UNKNOWN_AUTHORITY = frozenset({2, 7, 18, 19, 20, 21})
"""OpenSSL's reasons for which the certificate comes from no authority that is trusted. The second
is for an authority that has the name of one, and another key."""

WHATEVER_THE_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which the library has no name."""

LOOK_SECONDS = 4.0
"""Seconds after which a refusal is told without the certificate."""

WANTED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")
"""Ends of OpenSSL's reasons with which a server hangs up that got no certificate; the second is
that of TLS 1.2."""

WITHOUT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
"""OpenSSL's reasons for which an answer is no TLS; the second is that of newer versions."""

DECLINED = "rejected SSL upgrade"
"""The words of PostgreSQL's driver for a server that was asked for TLS and knows none."""

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
    :param request: bytes that ask the server for TLS, where it does not begin with that.
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
def explained_failures(context: ssl.SSLContext | None) -> Iterator[None]:
    """Raise the server's objection to a connection over TLS in place of an error that it caused.

    A server that wants a certificate of the client says so after the handshake (TLS 1.3) and hangs
    up, and the client may hear either first.

    :param context: the context of the connection; None: it is not encrypted.
    :raises ClientRefused: when the server wants a certificate of the client, or refuses it.
    :raises ServerWithoutTls: when the server does not know TLS there.
    """
    try:
        yield
    except Exception as error:
        if context is not None and (problem := _problem_in(error)):
            raise problem from error
        raise


def _problem_in(error: BaseException) -> ConnectionProblem | None:
    """Return the objection of a server to a connection over TLS; None for another error."""
    for it in errors_behind(error):
        reason = (it.reason or "") if isinstance(it, ssl.SSLError) else ""
        if "_ALERT_" in reason:
            does = "wants a" if reason.endswith(WANTED) else "refuses the"
            return ClientRefused(f"the server {does} certificate of the client")
        if reason in WITHOUT_TLS or DECLINED in str(it):
            return ServerWithoutTls("the server does not speak TLS there")
        if isinstance(it, ConnectionResetError | EOFError):
            return ClientRefused(
                "the server hangs up: does it want a certificate of the client, or another one?"
            )
    return None


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
