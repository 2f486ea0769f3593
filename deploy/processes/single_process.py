"""How does Muster run in one process? api, relay, worker and admin API share a transport.

Without a broker the transport is embedded, and a mark is cleared when the worker has committed.
"""

import asyncio
import socket
from contextlib import AsyncExitStack

from api.directory.count_users import UserCounting
from api.outbox.due_marks import release_all
from contracts.tracing import UNTRACED, Tracing
from deploy.broker.transports import open_both, relay_to
from deploy.databases.open_databases import Databases
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import cancelled_at_the_end, running_in_background
from deploy.processes.bookkeeping import running_bookkeeping
from deploy.processes.configured_admin import configured_admin
from deploy.processes.configured_api import configured_api
from deploy.processes.health_checks import instrument_relay, instrument_worker
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.rates import running_rates
from deploy.processes.sweeper import running_sweeper
from deploy.settings import Settings
from worker.consume import Worker


async def run_everything(
    settings: Settings,
    listener: socket.socket,
    databases: Databases,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
    *,
    administrators: socket.socket | None = None,
    tracing: Tracing = UNTRACED,
) -> None:
    """Serve until stopped, then drain: requests first, then the worker, then the relay.

    The worker finishes the events that it has taken. The others are not waited for, because its
    database may be away: their identities stay marked, and are published at the next start.

    :param administrators: the socket for the admin API, if it is served.
    """
    if not settings.broker_url:
        await _release_leases(databases)
    async with open_both(settings) as (publisher, consumer):
        directory, downstream = databases.directory, databases.downstream
        metrics = instrument_relay(endpoints, directory, publisher, needs_broker=False)
        relay = relay_to(publisher, settings, directory, metrics, downstream, tracing)
        worker_metrics = instrument_worker(endpoints, downstream, consumer, needs_broker=False)
        worker = Worker(downstream, consumer, worker_metrics, tracing=tracing)
        counting = UserCounting(directory)
        async with (
            running_sweeper(settings, directory, downstream, publisher, metrics),
            running_in_background(relay.run),
            cancelled_at_the_end(counting.run()),
            running_bookkeeping(settings, directory, metrics) as book,
            running_rates(settings.rate, directory, metrics) as rates,
            AsyncExitStack() as worker_side,
        ):
            worker_side.push_async_callback(consumer.close)
            await worker_side.enter_async_context(running_in_background(worker.run))
            app = configured_api(
                settings,
                relay,
                metrics,
                counting,
                endpoints,
                book,
                rates,
                tracing,
                documented=True,
            )
            async with asyncio.TaskGroup() as served:
                http = HttpMetrics(endpoints.registry)
                served.create_task(serve(app, listener, stop, settings.bounds, http))
                if administrators is not None:
                    wake = relay.wake
                    admin = configured_admin(settings, databases, endpoints, on_change=wake)
                    served.create_task(serve(admin, administrators, stop, settings.bounds))


async def _release_leases(databases: Databases) -> None:
    """End the leases of a predecessor that was killed, so that their marks need not wait."""
    async with databases.directory.write() as db:
        await release_all(db)
