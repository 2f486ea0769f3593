"""How does a task run in the background? A block starts it, and stops or cancels it at its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

BackgroundTask = Callable[[asyncio.Event], Awaitable[None]]
"""A task that runs until the event is set, and may need a while to end."""


@asynccontextmanager
async def running_in_background(task: BackgroundTask) -> AsyncIterator[None]:
    """Run a task beside the block. At the block's end, ask the task to stop, and wait for its end.

    A task that fails ends the block, because half a process would look alive and be of no use.
    """
    stop = asyncio.Event()

    async def run() -> None:
        await task(stop)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run())
        try:
            yield
        finally:
            stop.set()


@asynccontextmanager
async def cancelled_at_the_end(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a coroutine beside the block, and cancel it at the block's end, wherever it is."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work)
        try:
            yield
        finally:
            task.cancel()
