"""Which process sweeps? Each process with a relay does, while downstream can be reached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.reconciliation.sweep import Sweep
from contracts.transport import Publisher
from deploy.broker.transports import topology_of
from deploy.processes.background_tasks import cancelled_at_the_end
from deploy.settings import Settings
from worker.dialects import DownstreamDatabase
from worker.sync.states import StoredSyncStates


@asynccontextmanager
async def running_sweeper(
    settings: Settings,
    directory: DirectoryDatabase,
    downstream: DownstreamDatabase,
    publisher: Publisher,
    metrics: ApiMetrics,
) -> AsyncIterator[None]:
    """Run the sweep beside the block, at the interval of the settings, or never if that is 0."""
    if not settings.sweep_seconds:
        yield
        return
    sweep = Sweep(
        directory,
        StoredSyncStates(downstream),
        publisher,
        metrics,
        every_seconds=settings.sweep_seconds,
        longest_retry_seconds=topology_of(settings).longest_retry_seconds,
    )
    async with cancelled_at_the_end(sweep.run()):
        yield
