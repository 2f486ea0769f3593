"""Which request may change a resource now? A lock admits one request at a time, within a process.

Requests that would only wait for each other in the database wait here, where waiting is free: a
transaction that waits holds a database connection that other requests need. Requests of several
processes meet in the database.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from api.fairness.slots import NoSlot


class ResourceLocks:
    """The locks of one process on resources, each made when it is first needed.

    :param patience: the seconds that a request waits for a lock.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, connection_id: str, resource_id: str) -> AsyncIterator[None]:
        """Hold the lock of a resource within the block.

        :raises NoSlot: when other requests hold the lock for too long.
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
