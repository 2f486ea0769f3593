"""Who sweeps? Whichever process has a relay, with a look downstream while that is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.reconciliation.sweep import Sweep
from contracts.transport import Publisher
from deploy.broker.transports import topology_of
from deploy.processes.background_tasks import until_cancelled
from deploy.settings import Settings
from worker.dialects import DownstreamDatabase
from worker.sync.states import StoredSyncStates


@asynccontextmanager
async def sweeping(
    settings: Settings,
    directory: DirectoryDatabase,
    downstream: DownstreamDatabase,
    publisher: Publisher,
    metrics: ApiMetrics,
) -> AsyncIterator[None]:
    """Sweep beside the block, as often as the settings say."""
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
    async with until_cancelled(sweep.run()):
        yield
