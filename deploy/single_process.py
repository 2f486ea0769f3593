"""How does everything run in one process? api, relay and worker around one transport.

Without a broker the transport is embedded, and a mark is cleared when the worker has committed.
"""

import asyncio
import socket

from api.app import create_app
from worker.consume import Worker

from api.relay import Relay
from contracts.embedded_transport import EmbeddedTransport
from deploy.http_server import serve
from deploy.opened import Databases
from deploy.running import running
from deploy.settings import Settings


async def run_everything(
    settings: Settings, databases: Databases, listener: socket.socket, stop: asyncio.Event
) -> None:
    """Serve until stopped, then drain: requests first, then the relay, then the worker."""
    transport = EmbeddedTransport()
    relay = Relay(databases.directory, transport)
    worker = Worker(databases.downstream, transport)
    app = create_app(databases.directory, settings.base, on_write=relay.wake)
    async with running(worker.run), running(relay.run):
        await serve(app, listener, stop)
