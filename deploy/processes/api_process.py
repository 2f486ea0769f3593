"""How does the api run in a process of its own? A relay beside it publishes what it writes."""

import asyncio
import socket

from api.directory.count_users import UserCounting
from api.directory.dialects import DirectoryDatabase
from contracts.tracing import UNTRACED, Tracing
from deploy.broker.transports import open_publisher, relay_to
from deploy.databases.open_databases import open_downstream_lazily
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import cancelled_at_the_end, running_in_background
from deploy.processes.bookkeeping import running_bookkeeping
from deploy.processes.configured_api import configured_api
from deploy.processes.health_checks import instrument_relay
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.rates import running_rates
from deploy.processes.sweeper import running_sweeper
from deploy.settings import Settings


async def run_api(
    settings: Settings,
    listener: socket.socket,
    directory: DirectoryDatabase,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
    *,
    tracing: Tracing = UNTRACED,
) -> None:
    """Serve the api until stopped, with a relay that each write wakes."""
    async with (
        open_publisher(settings) as publisher,
        open_downstream_lazily(settings) as downstream,
    ):
        metrics = instrument_relay(endpoints, directory, publisher, needs_broker=False)
        relay = relay_to(publisher, settings, directory, metrics, downstream, tracing)
        counting = UserCounting(directory)
        async with (
            running_sweeper(settings, directory, downstream, publisher, metrics),
            running_in_background(relay.run),
            cancelled_at_the_end(counting.run()),
            running_bookkeeping(settings, directory, metrics) as book,
            running_rates(settings.rate, directory, metrics) as rates,
        ):
            app = configured_api(
                settings,
                relay,
                metrics,
                counting,
                endpoints,
                book,
                rates,
                tracing,
                documented=False,
            )
            await serve(app, listener, stop, settings.bounds, HttpMetrics(endpoints.registry))
