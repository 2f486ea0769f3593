"""How does a part run in the background? Started, stopped or cancelled, and waited for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

Part = Callable[[asyncio.Event], Awaitable[None]]


@asynccontextmanager
async def running(part: Part) -> AsyncIterator[None]:
    """Run a part beside the block; at its end tell it to stop and wait until it has.

    A part that fails ends the block: half a process would look alive and lose its purpose.
    """
    stop = asyncio.Event()

    async def run() -> None:
        await part(stop)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run())
        try:
            yield
        finally:
            stop.set()


@asynccontextmanager
async def until_cancelled(part: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a part beside the block that may be given up at any moment, and is at its end."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(part)
        try:
            yield
        finally:
            task.cancel()
