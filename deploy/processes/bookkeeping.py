"""Which process keeps the books of requests? Each api does so of its own, in the background."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.requests.bookkeeping import Bookkeeping
from api.requests.forgetting import Forgetting
from api.requests.log import RequestLog
from api.requests.request_book import RequestBook
from api.requests.token_uses import TokenUses
from deploy.processes.background_tasks import running_in_background
from deploy.settings import Settings


@asynccontextmanager
async def running_bookkeeping(
    settings: Settings, directory: DirectoryDatabase, metrics: ApiMetrics
) -> AsyncIterator[RequestBook]:
    """Yield the book of a process, which is written beside the block and once more at its end."""
    log = RequestLog(directory, metrics.unlogged_requests)
    book = RequestBook(log, TokenUses(directory), settings.proxies)
    jobs = {"log": log.write, "uses": book.uses.write, "forget": Forgetting(directory).look}
    async with running_in_background(Bookkeeping(jobs).run):
        yield book
