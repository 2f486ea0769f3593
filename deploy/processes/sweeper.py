"""Which process sweeps, and closes connections? Each process with a relay does both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.reconciliation.close_connections import ConnectionCloser
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
    """Run the sweep beside the block, at the interval of the settings, or never if that is 0.

    Connections that are being deleted are closed in any case.
    """
    states = StoredSyncStates(downstream)
    async with cancelled_at_the_end(ConnectionCloser(directory, states).run()):
        if not settings.sweep_seconds:
            yield
            return
        async with _sweeping(settings, directory, states, publisher, metrics):
            yield


@asynccontextmanager
async def _sweeping(
    settings: Settings,
    directory: DirectoryDatabase,
    states: StoredSyncStates,
    publisher: Publisher,
    metrics: ApiMetrics,
) -> AsyncIterator[None]:
    sweep = Sweep(
        directory,
        states,
        publisher,
        metrics,
        every_seconds=settings.sweep_seconds,
        longest_retry_seconds=topology_of(settings).longest_retry_seconds,
    )
    async with cancelled_at_the_end(sweep.run()):
        yield
