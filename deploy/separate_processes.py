"""How does each part run in a process of its own? They meet at the broker."""

import asyncio
import socket

from api.app import create_app
from api.directory.database import DirectoryDatabase
from api.relay import Relay
from deploy.http_server import serve
from deploy.running import running
from deploy.settings import Settings
from deploy.transports import open_consumer, open_publisher
from worker.consume import Worker
from worker.database import DownstreamDatabase


async def run_api(
    settings: Settings, directory: DirectoryDatabase, listener: socket.socket, stop: asyncio.Event
) -> None:
    """Serve until stopped, with a relay that a write wakes."""
    async with open_publisher(settings) as publisher:
        relay = Relay(directory, publisher)
        app = create_app(directory, settings.base, on_write=relay.wake, limits=settings.limits)
        async with running(relay.run):
            await serve(app, listener, stop)


async def run_relay(settings: Settings, directory: DirectoryDatabase, stop: asyncio.Event) -> None:
    """Relay until stopped; one that runs beside others takes over their work when they end."""
    async with open_publisher(settings) as publisher:
        await Relay(directory, publisher).run(stop)


async def run_worker(
    settings: Settings, downstream: DownstreamDatabase, stop: asyncio.Event
) -> None:
    """Apply events until stopped."""
    async with open_consumer(settings) as consumer:
        await Worker(downstream, consumer).run(stop)
