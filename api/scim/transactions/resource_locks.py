"""Which request may change a resource now? One at a time, within a process.

Requests that would only wait for each other in the database wait here, where that costs nothing:
each transaction has a connection, which others would have to do without. Requests of other
processes meet in the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from api.fairness.slots import NoSlot


class ResourceLocks:
    """The locks of one process, made when they are first asked for.

    :param patience: the seconds that a request waits for a lock.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, connection_id: str, resource_id: str) -> AsyncIterator[None]:
        """Hold the lock of a resource within the block.

        :raises NoSlot: when others change the resource for too long.
        """
        name = f"{connection_id}/{resource_id}"
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = asyncio.Lock()
        try:
            async with asyncio.timeout(self._patience):
                await lock.acquire()
        except TimeoutError:
            raise NoSlot from None
        try:
            yield
        finally:
            lock.release()
