"""How does everything run in one process? api, relay and worker around one transport.

Without a broker the transport is embedded, and a mark is cleared when the worker has committed.
"""

import asyncio
import socket
from contextlib import AsyncExitStack

from api.app import create_app
from api.outbox.leasing import release_all
from deploy.broker.transports import open_both, relay_to
from deploy.databases.open_databases import Databases
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import running
from deploy.processes.health_checks import watch_relay, watch_worker
from deploy.processes.operator_endpoints import Inspection, health_routes
from deploy.processes.sweeper import sweeping
from deploy.settings import Settings
from worker.consume import Worker


async def run_everything(
    settings: Settings,
    listener: socket.socket,
    databases: Databases,
    inspection: Inspection,
    stop: asyncio.Event,
) -> None:
    """Serve until stopped, then drain: requests first, then the worker, then the relay.

    The worker finishes what it has in hand. What it has not taken by then is not waited for, its
    database may be away: it stays marked, and is published at the next start.
    """
    if not settings.broker_url:
        await _release_leases(databases)
    async with open_both(settings) as (publisher, consumer):
        directory, downstream = databases.directory, databases.downstream
        metrics = watch_relay(inspection, directory, publisher, needs_broker=False)
        relay = relay_to(publisher, settings, directory, metrics)
        worker_metrics = watch_worker(inspection, downstream, consumer, needs_broker=False)
        worker = Worker(downstream, consumer, worker_metrics)
        app = create_app(
            directory,
            settings.base,
            metrics,
            on_write=relay.wake,
            limits=settings.limits,
            share_sizes=settings.share_sizes,
            documented=settings.shows_docs(by_default=True),
        )
        app.include_router(health_routes(inspection.checks))
        async with (
            sweeping(settings, directory, downstream, publisher, metrics),
            running(relay.run),
            AsyncExitStack() as worker_side,
        ):
            worker_side.push_async_callback(consumer.close)
            await worker_side.enter_async_context(running(worker.run))
            await serve(app, listener, stop, settings.bounds, HttpMetrics(inspection.registry))


async def _release_leases(databases: Databases) -> None:
    """Let nobody wait for the leases of a predecessor that was killed."""
    async with databases.directory.write() as db:
        await release_all(db)
