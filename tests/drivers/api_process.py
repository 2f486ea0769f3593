"""How do tests and benchmarks run the api alone, as processes of its own?

``python -m tests.drivers.api_process URL PORT LEVEL`` serves it on a database, without
relay and worker, until its standard input ends. It logs from this level on.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from prometheus_client import CollectorRegistry

from api.app import create_app
from api.fairness.rate_bucket import Rate
from api.metrics import ApiMetrics
from deploy.http.server import bind_api, serve
from deploy.logs import set_up_logs
from deploy.processes.event_loop import run_process
from deploy.processes.rates import running_rates
from deploy.settings import Settings
from tests.drivers.in_process import opened_directory
from tests.drivers.served_processes import served
from tests.servers.ports import free_port


@asynccontextmanager
async def api_processes(
    url: str, number: int, log: BinaryIO | None = None
) -> AsyncIterator[list[int]]:
    """Start processes on a database; yield the ports where they answer.

    Into a log they write as much as when they are in use. Connections have no rate.
    """
    ports = [free_port() for _ in range(number)]
    start = (sys.executable, "-m", "tests.drivers.api_process", url)
    commands = {port: (*start, str(port), "info" if log else "error") for port in ports}
    async with served(commands, log):
        yield ports


def serve_alone(url: str, port: int, level: str, rate: Rate | None, until: int) -> None:
    """Serve the api in this process until a descriptor can be read, as it can at its end."""
    settings = {"port": port, "log_level": level, "log_format": "json"}
    run_process(_serve(url, Settings.model_validate(settings), rate, until))


async def _serve(url: str, settings: Settings, rate: Rate | None, until: int) -> None:
    set_up_logs(settings)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(until, stop.set)
    with bind_api(settings) as listener:
        metrics = ApiMetrics(CollectorRegistry())
        async with (
            opened_directory(url) as database,
            running_rates(rate, database, metrics) as rates,
        ):
            app = create_app(database, settings.base, metrics, rates=rates)
            await serve(app, listener, stop)


if __name__ == "__main__":
    _, url, port, level = sys.argv
    serve_alone(url, int(port), level, None, sys.stdin.fileno())
