"""How is the api served over HTTP? uvicorn serves it on a socket that was bound beforehand."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial
from typing import cast

import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from deploy.connection_bounds import Bounds, OpenConnections
from deploy.errors import DeployError
from deploy.http.metrics import HttpMetrics
from deploy.http.open_files import room_for
from deploy.http.protocol import BoundedProtocol
from deploy.settings import Settings

LOG = structlog.get_logger(__name__)

BACKLOG = 1024
"""Connections that the system queues while the process is busy. The process accepts all of them at
once, which holds its event loop for some 30 ms."""

SENT_AHEAD = 128 * 1024
"""Bytes of an answer that the system buffers for a client that does not read. By default it would
buffer some MB for each, out of the memory that all share."""

API_ADVICE = "set MUSTER_PORT or MUSTER_HOST"
ADMIN_ADVICE = "set MUSTER_ADMIN_PORT or MUSTER_ADMIN_HOST"


class PortTaken(DeployError):
    """Another process listens on the port already, or the address is not this machine's."""

    exit_status = 1


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: ``deploy.processes.signals`` owns those of the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind_api(settings: Settings) -> socket.socket:
    """Bind the socket for identity providers, before any part is started.

    :raises PortTaken: when that is not possible. Its text names the settings to change.
    """
    return _bind(settings.host, settings.port, API_ADVICE)


def bind_api_for(processes: int, settings: Settings) -> list[socket.socket]:
    """Bind a socket to the same port for each of several processes.

    The system deals connections out by the addresses and ports of clients. From a single socket, a
    process that is awake would take all that are waiting: of 16 at once, one process took 16.

    :raises PortTaken: when that is not possible. Its text names the settings to change.
    """
    with bind_api(settings) as alone:  # a shared port would hide another process on it
        port = alone.getsockname()[1]
    return [_bind(settings.host, port, API_ADVICE, shared=True) for _ in range(processes)]


def bind_admin(settings: Settings) -> socket.socket:
    """Bind the socket for administrators.

    :raises PortTaken: when that is not possible. Its text names the settings to change.
    """
    return _bind(settings.admin_host, settings.admin_port, ADMIN_ADVICE)


def bind_operators(settings: Settings) -> socket.socket:
    """Bind the socket for operators: metrics and health.

    :raises PortTaken: when that is not possible. Its text names the settings to change.
    """
    advice = "set MUSTER_METRICS_PORT or MUSTER_METRICS_HOST"
    return _bind(settings.metrics_host, settings.metrics_port, advice)


def url_of(listener: socket.socket) -> str:
    """Return the URL that a bound socket serves."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int, advice: str, *, shared: bool = False) -> socket.socket:
    """Bind a listening socket that names TCP as its protocol; connections inherit its options.

    asyncio switches Nagle's algorithm off only if the protocol is named. With it on, an answer in
    two pieces may be delayed by 40 ms.

    :param shared: whether other processes may bind the same port, too.
    :raises PortTaken: when that is not possible. Its text ends with the advice.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AHEAD)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port} ({error.strerror}): {advice}") from None
    return listener


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    stop: asyncio.Event,
    bounds: Bounds | None = None,
    metrics: HttpMetrics | None = None,
) -> None:
    """Serve until stopped, and answer open requests before returning, each as the last.

    The access log stays off: it would show filters, and with them names of people.
    """
    bounds = bounds or Bounds()
    config = uvicorn.Config(
        app,
        http=_protocol(bounds, metrics or HttpMetrics(CollectorRegistry()), stop),
        ws="none",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=False,  # the api asks neither for the scheme nor for the client of a request
        timeout_keep_alive=bounds.keep_alive_seconds,
        timeout_graceful_shutdown=20,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def _protocol(bounds: Bounds, metrics: HttpMetrics, stop: asyncio.Event) -> type[asyncio.Protocol]:
    """Return the factory that uvicorn calls for each connection, in place of a protocol class."""
    connections = room_for(bounds.connections)
    if connections < bounds.connections:
        LOG.warning("open_files_limit_connections", connections=connections)
    open_connections = OpenConnections(connections, bounds.connections_per_address)
    metrics.count_open_with(open_connections.number)
    protocol = partial(
        BoundedProtocol,
        bounds=bounds,
        open_connections=open_connections,
        metrics=metrics,
        drains=stop.is_set,
    )
    return cast("type[asyncio.Protocol]", protocol)
