"""How do tests run the api alone in several processes without loading it for each? They fork them.

Benchmarks start interpreters, as installations do: see ``api_process``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

from api.fairness.rate_bucket import Rate
from tests.drivers.api_process import serve_alone
from tests.drivers.forked_muster import ForkedMuster, fork_server
from tests.drivers.served_processes import until_it_answers
from tests.servers.ports import free_port


@asynccontextmanager
async def forked_apis(url: str, number: int, rate: Rate | None = None) -> AsyncIterator[list[int]]:
    """Fork processes on a database; yield the ports where they answer until the end of the block.

    Connections have no rate, unless one is given.
    """
    ports = [free_port() for _ in range(number)]
    until, at_the_end = fork_server().Pipe(duplex=False)
    running: dict[int, ForkedMuster] = {}
    with at_the_end:
        with until:
            for port in ports:
                running[port] = _forked(url, port, rate, until)
        try:
            for port, process in running.items():
                await until_it_answers(port, process)
            yield ports
        finally:
            at_the_end.close()
            for process in running.values():
                await process.wait()


def _forked(url: str, port: int, rate: Rate | None, until: Connection) -> ForkedMuster:
    process = fork_server().Process(target=_run, args=(url, port, rate, until), daemon=True)
    process.start()
    return ForkedMuster(process)


def _run(url: str, port: int, rate: Rate | None, until: Connection) -> None:
    serve_alone(url, port, "error", rate, until.fileno())
