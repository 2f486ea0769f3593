"""How does a worker run in a process of its own? It applies what the broker delivers."""

import asyncio

from contracts.tracing import UNTRACED, Tracing
from deploy.broker.transports import open_consumer
from deploy.processes.health_checks import instrument_worker
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.settings import Settings
from worker.consume import Worker
from worker.dialects import DownstreamDatabase


async def run_worker(
    settings: Settings,
    downstream: DownstreamDatabase,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
    *,
    tracing: Tracing = UNTRACED,
) -> None:
    """Apply events until stopped."""
    async with open_consumer(settings) as consumer:
        metrics = instrument_worker(endpoints, downstream, consumer, needs_broker=True)
        await Worker(downstream, consumer, metrics, tracing=tracing).run(stop)
