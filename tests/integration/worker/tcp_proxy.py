"""How can a database be away and come back? Behind a real TCP proxy that stops serving."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class TcpProxy:
    """Passes connections on to a server, unless it is cut: then it closes every one at once."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._cut = False
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
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        """Serve again."""
        self._cut = False

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
        back_reader, back_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, back_writer}
        await asyncio.gather(_pipe(reader, back_writer), _pipe(back_reader, writer))
        self._writers -= {writer, back_writer}


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
