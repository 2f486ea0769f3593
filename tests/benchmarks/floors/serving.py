"""How is a floor served? By uvicorn as it comes, with either of its parsers."""

import asyncio
import gc
import importlib.util
import socket
import sys
from collections.abc import Coroutine
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

PARSERS = [it for it in ("h11", "httptools") if importlib.util.find_spec(it)]
"""Those that are installed. A floor is held against with the faster of them."""

COLLECT_AFTER = (50_000, 20, 100)
"""As seldom as in Muster's own processes."""


def run(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end, with the heap of its modules out of the garbage collector's way."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    uvloop.run(process)


async def serve(app: FastAPI, port: int, parser: str) -> None:
    """Serve an application on loopback until the standard input ends."""
    config = uvicorn.Config(
        app,
        http=parser,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), setattr, server, "should_exit", True)
    # Named as TCP, so that asyncio switches Nagle's algorithm off.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        await server.serve(sockets=[listener])
