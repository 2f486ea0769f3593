"""How is load made without costing as much as what is measured? A minimal HTTP/1.1 client."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Target:
    """A connection of an api process: where it listens, below which path, with which token."""

    port: int
    path: str
    token: str

    @classmethod
    def of(cls, opened: Mapping[str, str], port: int) -> "Target":
        """Return a connection from what the command that opened it has printed."""
        return cls(port, urlsplit(opened["base_url"]).path, opened["token"])


class Client:
    """One connection that is kept open; one request at a time."""

    def __init__(
        self, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._target = target
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, target: Target) -> "Client":
        """Connect."""
        return cls(target, *await asyncio.open_connection("127.0.0.1", target.port, limit=2**26))

    async def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a request and read the whole answer.

        :raises RuntimeError: when it is not of success; its body is shown.
        """
        content = b"" if body is None else body if isinstance(body, bytes) else _encoded(body)
        self._writer.write(self._head(method, path, len(content)) + content)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(head.split(" ", 2)[1])
        answer = Answer(status, await self._body(head))
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {answer.body[:300]!r}")
        return answer

    async def _body(self, head: str) -> bytes:
        """Read the body, which comes in chunks where the api writes a large group bit by bit."""
        if "\r\ntransfer-encoding: chunked\r\n" not in head:
            length = head.partition("\r\ncontent-length:")[2].partition("\r\n")[0]
            return await self._reader.readexactly(int(length or 0))
        chunks = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            chunks.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(chunks)

    def close(self) -> None:
        """Disconnect."""
        self._writer.close()

    def _head(self, method: str, path: str, length: int) -> bytes:
        return (
            f"{method} {self._target.path}{quote(path, safe='/?&=')} HTTP/1.1\r\n"
            f"Host: 127.0.0.1\r\nAuthorization: Bearer {self._target.token}\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
