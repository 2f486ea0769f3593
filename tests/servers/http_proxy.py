"""What may a proxy do to requests? This one passes them on, or does to them what it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request. Names of headers are as they were sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def first(self, name: str) -> str:
        """Return the first value of a header, or nothing."""
        return next((text for key, text in self.headers if key.lower() == name), "")

    def without(self, name: str) -> "Head":
        """Return the head without a header."""
        return replace(self, headers=tuple(it for it in self.headers if it[0].lower() != name))

    @property
    def sent(self) -> bytes:
        """The bytes of the head."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {text}" for name, text in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Behaviour = Callable[[Head, asyncio.StreamReader], Awaitable[Head | bytes]]
"""Returns the head to pass on, or the answer of the proxy itself; it may read from the client."""


async def behaves(head: Head, _reader: asyncio.StreamReader) -> Head | bytes:
    """Pass every request on as it is."""
    return head


def answer(status: str, body: str = "", **headers: str) -> bytes:
    """Return an answer of the proxy itself. Underscores in names of headers are hyphens."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


TLS_HANDSHAKE = b"\x16"
"""The first byte of a client that expects TLS."""

Rewrite = Callable[[bytes], bytes]


@dataclass(slots=True)
class HttpProxy:
    """A proxy in front of a server. ``rewrite`` is done to the head of each answer."""

    target: tuple[str, int]
    behaviour: Behaviour = behaves
    rewrite: Rewrite = bytes
    port: int = 0
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["HttpProxy"]:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._answer(reader, writer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                first = await reader.readexactly(1)
                if first == TLS_HANDSHAKE:
                    writer.write(answer("400 Bad Request"))
                    return
                raw = first + await reader.readuntil(b"\r\n\r\n")
                told = await self.behaviour(_parsed(raw), reader)
                if isinstance(told, bytes):
                    writer.write(told)
                    await writer.drain()
                else:
                    await self._pass_on(told, reader, writer)
        finally:
            await _closed(writer)

    async def _pass_on(
        self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        back_reader, back_writer = await asyncio.open_connection(*self.target)
        body = asyncio.create_task(_pipe(reader, back_writer))
        try:
            back_writer.write(head.sent)
            answered = await back_reader.readuntil(b"\r\n\r\n")
            writer.write(self.rewrite(answered))
            await _pipe(back_reader, writer)
        finally:
            body.cancel()
            await _closed(back_writer)


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and wait until nothing of it is left."""
    writer.close()
    with suppress(OSError):  # it was broken
        await writer.wait_closed()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


def _parsed(raw: bytes) -> Head:
    first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
    method, target, _version = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Head(method, target, tuple((name, text.strip()) for name, _, text in pairs))
