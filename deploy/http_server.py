"""How is the api served over HTTP? uvicorn on a socket that was bound beforehand."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from deploy.settings import Settings


class PortTaken(Exception):
    """Something else listens there already, or the address is not this machine's."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: the process has one owner of its signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(settings: Settings) -> socket.socket:
    """Bind the socket that will be served, before anything else is started.

    :raises PortTaken: when that is not possible, with what to change.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP, so that asyncio sends answers at once (TCP_NODELAY): otherwise the body of each
    # would wait for the client to acknowledge its head, which takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise PortTaken(
            f"cannot listen on {where} ({error.strerror}): set MUSTER_PORT or MUSTER_HOST"
        ) from None
    return listener


async def serve(app: FastAPI, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until stopped; requests in hand are answered first.

    The access log stays off: it would show filters, and with them names of people.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=20,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving
