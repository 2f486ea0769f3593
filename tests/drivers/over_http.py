"""How do tests talk to the api over the wire? To uvicorn on a port of its own, beside the test."""

import asyncio
import socket
import ssl
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx2
import uvloop
from prometheus_client import CollectorRegistry

from api.admin.connections import create_connection
from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.scim.protocol.limits import Limits
from contracts.clock import now
from deploy.http.server import bind_api, serve, url_of
from deploy.settings import read_settings
from tests.drivers.in_process import RULES, Ingress, opened_directory

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, which is all that plain HTTP needs: reading certificates takes its time."""


@dataclass(slots=True)
class ServedApi:
    """The api on a database, in a thread with an event loop of its own."""

    database_url: str
    base: str
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    loop: asyncio.AbstractEventLoop = field(init=False)
    stop: asyncio.Event = field(init=False)

    async def serve(self, listener: socket.socket, limits: Limits, up: threading.Event) -> None:
        """Serve until stopped."""
        self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
        async with opened_directory(self.database_url) as database:
            up.set()
            app = create_app(database, self.base, ApiMetrics(self.registry), limits=limits)
            await serve(app, listener, self.stop)


@contextmanager
def served_api(database_url: str, limits: Limits | None = None) -> Iterator[ServedApi]:
    """Serve the api on a directory that is migrated."""
    with bind_api(read_settings(host="127.0.0.1", port=0)) as listener:
        api = ServedApi(database_url, url_of(listener))
        up = threading.Event()
        serving = threading.Thread(
            target=lambda: uvloop.run(api.serve(listener, limits or Limits(), up))
        )
        serving.start()
        assert up.wait(30), "the server did not start"
        try:
            yield api
        finally:
            api.loop.call_soon_threadsafe(api.stop.set)
            serving.join()


@asynccontextmanager
async def database_of(api: ServedApi) -> AsyncIterator[DirectoryDatabase]:
    """Open the database of a server, for a look behind it."""
    async with opened_directory(api.database_url) as database:
        yield database


@asynccontextmanager
async def ingress_over_http(api: ServedApi, database: DirectoryDatabase) -> AsyncIterator[Ingress]:
    """Switch SCIM on for a new connection, whose directory is empty, and talk to it over HTTP."""
    connection = await create_connection(database, uuid.uuid4().hex, RULES, now())
    async with httpx2.AsyncClient(
        base_url=f"{api.base}/scim/v2/{connection.id}",
        headers={"Authorization": f"Bearer {connection.token}"},
        timeout=30,
        verify=NO_TLS,
    ) as client:
        yield Ingress(database, connection.id, client, api.registry)
