"""How do browsers reach an application of a test? It is served on a free port of loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from deploy.http.server import BACKLOG, serve


@asynccontextmanager
async def served_app(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application in this loop; yield its origin."""
    stop = asyncio.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        serving = asyncio.create_task(serve(app, listener, stop))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stop.set()
            await serving
