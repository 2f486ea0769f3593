"""Who may open a transaction of its own now? One for each resource, and not too many in all.

Requests that would only wait for each other in the database wait here, where that costs nothing:
each transaction has a connection, which others would have to do without.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from weakref import WeakValueDictionary

MOST_WRITERS = 6
"""Requests that write by themselves at once: those for groups, bulk requests, deletions."""


class Turns:
    """The turns of one process. Other processes meet in the database."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(MOST_WRITERS)
        self._at: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, resource: str | None) -> AsyncIterator[None]:
        """Wait for a turn, and have it within the block.

        :param resource: what names the resource that is written, if it is a single one.
        """
        async with self._lock_of(resource) if resource else nullcontext(), self._all:
            yield

    def _lock_of(self, resource: str) -> asyncio.Lock:
        lock = self._at.get(resource)
        if lock is None:
            lock = self._at[resource] = asyncio.Lock()
        return lock
