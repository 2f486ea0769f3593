"""How does a benchmark serve the api? ``python -m tests.benchmarks.api_process URL PORT``.

Without relay and worker: what is measured is the ingress. The process ends with its standard input.
"""

import asyncio
import sys

from api.app import create_app
from api.directory.database import DirectoryDatabase
from deploy.databases import open_engines
from deploy.http_server import bind, serve
from deploy.settings import Settings


async def _serve(url: str, settings: Settings) -> None:
    database = DirectoryDatabase(*open_engines(url))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), stop.set)  # readable at its end
    with bind(settings) as listener:
        await serve(create_app(database, settings.base), listener, stop)
    await database.writing.dispose()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Settings(port=int(sys.argv[2]), log_level="error")))
