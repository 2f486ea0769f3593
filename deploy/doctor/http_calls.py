"""What comes back when a URL is called? One call is sent as it is, on a connection of its own.

A library for clients would follow redirects, reuse connections, send a body before it looks for an
answer, and hide the certificate. All of these are looked at here.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import h11

CALL_SECONDS = 4.0
"""The time for one call. Providers wait longer, and a person at the keyboard does not."""

LARGEST_ANSWER = 256 * 1024
"""Bytes of an answer that are read; the rest tells nothing more."""

STANDARD_PORTS = {"http": 80, "https": 443}


class Silence(StrEnum):
    """The reasons why no answer has come, in words that follow a colon."""

    NO_HOST = "there is no host of that name"
    REFUSED = "nothing answers there"
    UNREACHABLE = "no way leads there"
    LATE = "no answer comes in time"
    HUNG_UP = "the other side hangs up"
    NOT_HTTP = "the other side speaks something else than HTTP"
    NO_TLS = "the other side speaks no TLS"
    CERTIFICATE_EXPIRED = "its certificate has expired"
    CERTIFICATE_OF_OTHERS = "its certificate is for another host"
    CERTIFICATE_UNTRUSTED = "its certificate comes from nobody that this machine trusts"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. Names of headers are in lower case.

    ``certificate_ends`` is when the server's certificate expires, in seconds since the epoch.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    certificate_ends: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request: ``target`` is path and query, which are sent as they are.

    ``announced`` is the length of a body that is announced, and of which one byte is sent.
    """

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    announced: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """The place where calls go. ``tls`` is None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    @property
    def name(self) -> str:
        """Return the value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = STANDARD_PORTS["https" if self.tls else "http"]
        return host if self.port == standard else f"{host}:{self.port}"


def place_of(url: str) -> Place:
    """Return where the calls of an http:// or https:// URL go; TLS trusts what the system does."""
    parts = urlsplit(url)
    assert parts.hostname, "the settings take no other URL"
    tls = _trusting_as_the_system() if parts.scheme == "https" else None
    return Place(parts.hostname, parts.port or STANDARD_PORTS[parts.scheme], tls)


def _trusting_as_the_system() -> ssl.SSLContext:
    """Return a context that verifies as clients in general do, and as those of databases here.

    From Python 3.13 on, ``create_default_context`` refuses authorities whose certificate lacks
    extensions (``VERIFY_X509_STRICT``), as those of one's own often do. Providers have no such
    rule.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


async def call(place: Place, request: Call, seconds: float = CALL_SECONDS) -> Answer | Silence:
    """Send a request, and return what comes back within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await _call(place, request)
    except TimeoutError:
        return Silence.LATE
    except ssl.SSLCertVerificationError as error:
        return _distrust(error)
    except ssl.SSLError:
        return Silence.NO_TLS
    except socket.gaierror:
        return Silence.NO_HOST
    except ConnectionRefusedError:
        return Silence.REFUSED
    except (ConnectionError, EOFError):
        return Silence.HUNG_UP
    except h11.RemoteProtocolError:
        return Silence.NOT_HTTP
    except OSError:
        return Silence.UNREACHABLE


def _distrust(error: ssl.SSLCertVerificationError) -> Silence:
    """Return the reason by the number that OpenSSL has for it: X509_V_ERR_…."""
    match error.verify_code:
        case 10:  # CERT_HAS_EXPIRED
            return Silence.CERTIFICATE_EXPIRED
        case 62 | 63 | 64:  # HOSTNAME_MISMATCH, EMAIL_MISMATCH, IP_ADDRESS_MISMATCH
            return Silence.CERTIFICATE_OF_OTHERS
        case _:
            return Silence.CERTIFICATE_UNTRUSTED


async def _call(place: Place, request: Call) -> Answer:
    reader, writer = await asyncio.open_connection(
        place.host, place.port, ssl=place.tls, server_hostname=place.host if place.tls else None
    )
    try:
        line = h11.Connection(h11.CLIENT)
        writer.write(_head(line, place, request))
        await writer.drain()
        ended = writer.get_extra_info("peercert") or {}
        ends = ssl.cert_time_to_seconds(ended["notAfter"]) if "notAfter" in ended else None
        return await _answer(line, reader, ends)
    finally:
        writer.transport.abort()


def _head(line: h11.Connection, place: Place, request: Call) -> bytes:
    headers = [
        ("Host", place.name),
        ("Connection", "close"),
        ("Accept", "application/scim+json, application/json"),
        ("User-Agent", "muster-doctor"),
        *request.headers.items(),
    ]
    if request.announced:
        headers.append(("Content-Length", str(request.announced)))
    sent = line.send(h11.Request(method=request.method, target=request.target, headers=headers))
    if request.announced:
        return (sent or b"") + (line.send(h11.Data(data=b"{")) or b"")
    return (sent or b"") + (line.send(h11.EndOfMessage()) or b"")


async def _answer(line: h11.Connection, reader: asyncio.StreamReader, ends: float | None) -> Answer:
    head: h11.Response | None = None
    body = bytearray()
    while True:
        match event := line.next_event():
            case h11.NEED_DATA:
                received = await reader.read(65536)
                if not received and head is None:
                    raise EOFError
                line.receive_data(received)
            case h11.Response():
                head = event
            case h11.Data():
                body += event.data
            case h11.InformationalResponse():
                continue
            case _:
                break
        if len(body) >= LARGEST_ANSWER:
            break
    if head is None:
        raise EOFError
    headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in head.headers}
    return Answer(head.status_code, headers, bytes(body), ends)
