"""How can a server be away and come back? Behind a real TCP proxy that stops serving."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DROP, DROP_SECONDS = 100, 0.02
"""Bytes of each connection, and seconds between them, while it trickles: 5 kB a second."""


class TcpProxy:
    """Passes connections on to a server, until it is cut, which closes them all, or frozen.

    It can be slow, too, and forget connections in silence, as a NAT does.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._cut = False
        self._trickling = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._forgotten: list[asyncio.Event] = []
        self._clients: set[asyncio.StreamWriter] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._knocks = 0
        self._knocked = asyncio.Condition()
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["TcpProxy"]:
        """Listen on a free port of loopback."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.cut()
            server.close()

    def cut(self) -> None:
        """Close all connections, and refuse new ones."""
        self._cut = True
        for flowing in (self._flowing, *self._forgotten):
            flowing.set()  # what was frozen ends now, too
        for writer in self._writers:
            writer.close()

    def freeze(self) -> None:
        """Keep all connections, and pass nothing on: neither what was said nor that it ended."""
        self._flowing.clear()

    def forget(self) -> None:
        """Freeze all connections for good, and tell nobody; new ones are passed on."""
        self._flowing.clear()
        self._forgotten.append(self._flowing)
        self._flowing = asyncio.Event()
        self._flowing.set()

    def trickle(self) -> None:
        """Pass on a little at a time."""
        self._trickling = True

    def mend(self) -> None:
        """Serve again, at full speed, and pass on what was held back."""
        self._cut = False
        self._trickling = False
        self._flowing.set()

    def say(self, data: bytes) -> None:
        """Tell every client something that the server did not say."""
        for writer in self._clients:
            writer.write(data)

    async def knocked(self, times: int) -> None:
        """Return once so many connections were refused."""
        async with self._knocked:
            await self._knocked.wait_for(lambda: self._knocks >= times)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.close()
            async with self._knocked:
                self._knocks += 1
                self._knocked.notify_all()
            return
        try:
            back_reader, back_writer = await asyncio.open_connection(*self._target)
        except OSError:  # away; whoever asks finds out
            writer.close()
            return
        self._clients.add(writer)
        self._writers |= {writer, back_writer}
        flowing = self._flowing
        await asyncio.gather(
            self._pipe(reader, back_writer, flowing), self._pipe(back_reader, writer, flowing)
        )
        self._writers -= {writer, back_writer}
        self._clients.discard(writer)

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._pass_on(data, writer, flowing)
        await flowing.wait()
        writer.close()

    async def _pass_on(
        self, data: bytes, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        while data:
            await flowing.wait()
            some = DROP if self._trickling else len(data)
            if writer.is_closing():  # it was cut, which a loop may tell by an error of its own
                raise ConnectionResetError
            writer.write(data[:some])
            await writer.drain()
            data = data[some:]
            if data:
                await asyncio.sleep(DROP_SECONDS)
