"""How do these tests run a worker beside them, and wait for what it does?"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from contracts.embedded_transport import EmbeddedTransport
from contracts.topology import Lane
from worker.consume import Worker
from worker.dialects import DownstreamDatabase
from worker.metrics import WorkerMetrics

PATIENCE_SECONDS = 60
"""Only so that a broken worker ends the test."""


@asynccontextmanager
async def working(
    downstream: DownstreamDatabase,
    transport: EmbeddedTransport,
    metrics: CollectorRegistry | None = None,
) -> AsyncIterator[asyncio.Event]:
    """Run a worker; at the end it stops by itself."""
    stop = asyncio.Event()
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        counted = WorkerMetrics(metrics or CollectorRegistry())
        tasks.create_task(Worker(downstream, transport, counted).run(stop))
        yield stop
        stop.set()


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again; the database has no way to tell."""
    while not await look():
        await asyncio.sleep(0.01)


async def is_paused(metrics: CollectorRegistry, lane: Lane) -> bool:
    """Say whether a worker says that a lane waits for its database."""
    return metrics.get_sample_value("muster_consuming_paused", {"lane": lane}) == 1
