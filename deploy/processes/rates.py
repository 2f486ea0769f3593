"""Which process counts the requests of a connection? Each api does, and shares what it counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.fairness.rate_bucket import Rate
from api.fairness.rate_exchange import RateExchange
from api.fairness.rates import Rates
from api.metrics import ApiMetrics
from deploy.processes.background_tasks import running_in_background


@asynccontextmanager
async def running_rates(
    rate: Rate | None, directory: DirectoryDatabase, metrics: ApiMetrics
) -> AsyncIterator[Rates | None]:
    """Yield the rates of a process, which are exchanged with others beside the block, if any.

    A directory with one writer belongs to one process, which has all of each rate.
    """
    if rate is None:
        yield None
        return
    shared = not directory.has_one_writer
    rates = Rates(rate, metrics.share_refusals, shared=shared)
    if not shared:
        yield rates
        return
    async with running_in_background(RateExchange(rates, directory).run):
        yield rates
