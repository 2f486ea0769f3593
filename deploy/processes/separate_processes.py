"""How does each part run in a process of its own? They meet at the broker."""

import asyncio
import socket

from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from deploy.broker.transports import open_consumer, open_publisher, relay_to
from deploy.databases.open_databases import open_downstream_later
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import running
from deploy.processes.health_checks import watch_relay, watch_worker
from deploy.processes.operator_endpoints import Inspection, health_routes
from deploy.processes.sweeper import sweeping
from deploy.settings import Settings
from worker.consume import Worker
from worker.dialects import DownstreamDatabase


async def run_api(
    settings: Settings,
    listener: socket.socket,
    directory: DirectoryDatabase,
    inspection: Inspection,
    stop: asyncio.Event,
) -> None:
    """Serve until stopped, with a relay that a write wakes."""
    async with open_publisher(settings) as publisher, open_downstream_later(settings) as downstream:
        metrics = watch_relay(inspection, directory, publisher, needs_broker=False)
        relay = relay_to(publisher, settings, directory, metrics)
        app = create_app(
            directory,
            settings.base,
            metrics,
            on_write=relay.wake,
            limits=settings.limits,
            share_sizes=settings.share_sizes,
            documented=settings.shows_docs(by_default=False),
        )
        app.include_router(health_routes(inspection.checks))
        async with (
            sweeping(settings, directory, downstream, publisher, metrics),
            running(relay.run),
        ):
            await serve(app, listener, stop, settings.bounds, HttpMetrics(inspection.registry))


async def run_relay(
    settings: Settings, directory: DirectoryDatabase, inspection: Inspection, stop: asyncio.Event
) -> None:
    """Relay until stopped; one that runs beside others takes over their work when they end."""
    async with open_publisher(settings) as publisher, open_downstream_later(settings) as downstream:
        metrics = watch_relay(inspection, directory, publisher, needs_broker=True)
        async with sweeping(settings, directory, downstream, publisher, metrics):
            relay = relay_to(publisher, settings, directory, metrics)
            await relay.run(stop)


async def run_worker(
    settings: Settings, downstream: DownstreamDatabase, inspection: Inspection, stop: asyncio.Event
) -> None:
    """Apply events until stopped."""
    async with open_consumer(settings) as consumer:
        metrics = watch_worker(inspection, downstream, consumer, needs_broker=True)
        await Worker(downstream, consumer, metrics).run(stop)
