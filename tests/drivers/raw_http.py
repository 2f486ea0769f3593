"""How do tests speak HTTP byte by byte? Over sockets, to a listener whose bounds are small."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from deploy.connection_bounds import Bounds
from deploy.http.metrics import HttpMetrics
from deploy.http.server import bind_api, serve
from deploy.settings import read_settings

HANGS_AFTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class RawClient:
    """One connection of a client that sends whatever a test wants."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def answer(self) -> Answer:
        """Wait for one answer, which says how long it is."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", 0))
        return Answer(int(first.split()[1]), headers, await self.reader.readexactly(length))

    async def rest(self) -> bytes:
        """Wait for the end of the connection and return what comes before it."""
        received = bytearray()
        while True:
            try:
                data = await self.reader.read(65536)
            except ConnectionError:  # closed while something of ours was unread
                return bytes(received)
            if not data:
                return bytes(received)
            received += data


@dataclass(slots=True)
class Listener:
    """A listener to connect to, and the event that makes it drain."""

    socket: socket.socket
    stop: asyncio.Event

    @asynccontextmanager
    async def client(self, host: str = "127.0.0.1") -> AsyncIterator[RawClient]:
        """Connect from an address of this machine; the connection ends with the block."""
        port = self.socket.getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
        try:
            yield RawClient(reader, writer)
        finally:
            writer.transport.abort()


@asynccontextmanager
async def listening(
    app: FastAPI, bounds: Bounds | None = None, metrics: HttpMetrics | None = None
) -> AsyncIterator[Listener]:
    """Serve an application on a free port."""
    with bind_api(read_settings(port=0)) as listener:
        stop = asyncio.Event()
        async with asyncio.timeout(HANGS_AFTER_SECONDS), asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(app, listener, stop, bounds, metrics))
            try:
                yield Listener(listener, stop)
            finally:
                stop.set()
