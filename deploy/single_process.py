"""How does everything run in one process? api, relay and worker around one transport.

Without a broker the transport is embedded, and a mark is cleared when the worker has committed.
"""

import asyncio
import socket

from api.app import create_app
from api.relay import Relay
from deploy.http_server import serve
from deploy.opened import Databases
from deploy.running import running
from deploy.settings import Settings
from deploy.transports import open_both
from worker.consume import Worker


async def run_everything(
    settings: Settings, databases: Databases, listener: socket.socket, stop: asyncio.Event
) -> None:
    """Serve until stopped, then drain: requests first, then the relay, then the worker."""
    async with open_both(settings) as (publisher, consumer):
        relay = Relay(databases.directory, publisher)
        worker = Worker(databases.downstream, consumer)
        app = create_app(databases.directory, settings.base, on_write=relay.wake)
        async with running(worker.run), running(relay.run):
            await serve(app, listener, stop)
