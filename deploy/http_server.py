"""How is the api served over HTTP? uvicorn on a socket that was bound beforehand."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from deploy.settings import Settings

KEEP_ALIVE_SECONDS = 150
"""How long an idle connection stays open: longer than clients and proxies keep theirs (nginx 60,
Caddy 120), so that they close it. Where the server does, a request may be on its way, and a proxy
does not send a POST again."""


class PortTaken(Exception):
    """Something else listens there already, or the address is not this machine's."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one owner of its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind_api(settings: Settings) -> socket.socket:
    """Bind the socket for identity providers, before anything else is started.

    :raises PortTaken: when that is not possible, with what to change.
    """
    return _bind(settings.host, settings.port, "set MUSTER_PORT or MUSTER_HOST")


def bind_inspection(settings: Settings) -> socket.socket:
    """Bind the socket for operators: metrics and health.

    :raises PortTaken: when that is not possible, with what to change.
    """
    advice = "set MUSTER_METRICS_PORT or MUSTER_METRICS_HOST"
    return _bind(settings.metrics_host, settings.metrics_port, advice)


def url_of(listener: socket.socket) -> str:
    """Return the URL of what is served on a socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bind(host: str, port: int, advice: str) -> socket.socket:
    """Bind a socket that names its protocol.

    asyncio switches Nagle's algorithm off for those only, and with it on, an answer in two pieces
    may wait for 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTaken(f"cannot listen on {host}:{port} ({error.strerror}): {advice}") from None
    return listener


async def serve(app: FastAPI, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until stopped; requests in hand are answered first.

    h11 bounds the headers of a request, which the faster parser does not. The access log stays off:
    it would show filters, and with them names of people.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=20,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
