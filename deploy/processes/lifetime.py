"""Through what does every process live? Databases, signals, preparation, inspection, its part."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from deploy.processes.operator_endpoints import Inspection, inspected
from deploy.processes.signals import until_signalled

T = TypeVar("T")

Part = Callable[[T, Inspection, asyncio.Event], Awaitable[None]]
"""A part runs on opened databases until the event is set, and shows itself to operators."""


async def live(
    operators: socket.socket,
    opening: AbstractAsyncContextManager[T],
    prepare: Callable[[T], Awaitable[None]],
    part: Part[T],
) -> None:
    """Run a part of Muster from its opening to a signal, and to the end of its drain.

    :param operators: where metrics and health are shown once it is prepared.
    :param opening: the databases that it needs.
    :param prepare: what comes before anything is served.
    """
    async with opening as opened:
        with until_signalled() as stop:
            await prepare(opened)
            async with inspected(operators, stop) as inspection:
                await part(opened, inspection, stop)
