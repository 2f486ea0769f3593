"""How does Muster run in one process? api, relay and worker share a transport.

Without a broker the transport is embedded, and a mark is cleared when the worker has committed.
"""

import asyncio
import socket
from contextlib import AsyncExitStack

from api.directory.count_users import UserCounting
from api.outbox.due_marks import release_all
from deploy.broker.transports import open_both, relay_to
from deploy.databases.open_databases import Databases
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import cancelled_at_the_end, running_in_background
from deploy.processes.configured_api import configured_api
from deploy.processes.health_checks import instrument_relay, instrument_worker
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.sweeper import running_sweeper
from deploy.settings import Settings
from worker.consume import Worker


async def run_everything(
    settings: Settings,
    listener: socket.socket,
    databases: Databases,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
) -> None:
    """Serve until stopped, then drain: requests first, then the worker, then the relay.

    The worker finishes the events that it has taken. The others are not waited for, because its
    database may be away: their identities stay marked, and are published at the next start.
    """
    if not settings.broker_url:
        await _release_leases(databases)
    async with open_both(settings) as (publisher, consumer):
        directory, downstream = databases.directory, databases.downstream
        metrics = instrument_relay(endpoints, directory, publisher, needs_broker=False)
        relay = relay_to(publisher, settings, directory, metrics)
        worker_metrics = instrument_worker(endpoints, downstream, consumer, needs_broker=False)
        worker = Worker(downstream, consumer, worker_metrics)
        counting = UserCounting(directory)
        app = configured_api(settings, relay, metrics, counting, endpoints, documented=True)
        async with (
            running_sweeper(settings, directory, downstream, publisher, metrics),
            running_in_background(relay.run),
            cancelled_at_the_end(counting.run()),
            AsyncExitStack() as worker_side,
        ):
            worker_side.push_async_callback(consumer.close)
            await worker_side.enter_async_context(running_in_background(worker.run))
            await serve(app, listener, stop, settings.bounds, HttpMetrics(endpoints.registry))


async def _release_leases(databases: Databases) -> None:
    """End the leases of a predecessor that was killed, so that their marks need not wait."""
    async with databases.directory.write() as db:
        await release_all(db)
