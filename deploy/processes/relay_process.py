"""How does a relay run in a process of its own? It publishes what other processes write."""

import asyncio

from api.directory.dialects import DirectoryDatabase
from contracts.tracing import UNTRACED, Tracing
from deploy.broker.transports import open_publisher, relay_to
from deploy.databases.open_databases import open_downstream_lazily
from deploy.processes.health_checks import instrument_relay
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.sweeper import running_sweeper
from deploy.settings import Settings


async def run_relay(
    settings: Settings,
    directory: DirectoryDatabase,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
    *,
    tracing: Tracing = UNTRACED,
) -> None:
    """Run a relay until stopped. Several relays share the work, also that of a dead relay."""
    async with (
        open_publisher(settings) as publisher,
        open_downstream_lazily(settings) as downstream,
    ):
        metrics = instrument_relay(endpoints, directory, publisher, needs_broker=True)
        async with running_sweeper(settings, directory, downstream, publisher, metrics):
            relay = relay_to(publisher, settings, directory, metrics, downstream, tracing)
            await relay.run(stop)
