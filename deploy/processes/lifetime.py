"""How does every process begin and end? It opens databases, serves operators, and runs its part."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from deploy.processes.life import Life
from deploy.processes.operator_endpoints import OperatorEndpoints, serving_operators
from deploy.processes.signals import until_signalled

T = TypeVar("T")

ProcessBody = Callable[[T, OperatorEndpoints, asyncio.Event], Awaitable[None]]
"""The work of a process: it runs on open databases until the event is set, with its endpoints."""


async def run_until_signalled(
    life: Life,
    operators: socket.socket,
    opening: AbstractAsyncContextManager[T],
    prepare: Callable[[T], Awaitable[None]],
    part: ProcessBody[T],
    lifeline: int | None = None,
) -> None:
    """Run a part of Muster until a signal comes and its work is drained.

    :param life: tells the log when and why the process starts and stops.
    :param operators: the socket for metrics and health, which are served after the preparation.
    :param opening: opens the databases that the part needs.
    :param prepare: checks or migrates the databases before any request is served.
    :param lifeline: the pipe of a parent process, if there is one; its end is like a signal.
    """
    with life.told():
        async with opening as opened:
            with until_signalled(lifeline, life) as stop:
                await prepare(opened)
                async with serving_operators(operators, stop) as endpoints:
                    await part(opened, endpoints, stop)
