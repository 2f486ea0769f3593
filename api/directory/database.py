"""Where do the two databases differ for the directory? Here, and nowhere else on the api's side."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@dataclass(frozen=True, slots=True)
class DirectoryDatabase:
    """The directory's database. On SQLite ``writing`` has one connection, so that writers queue
    up in order instead of polling for the lock; on PostgreSQL both are the same engine.
    """

    reading: AsyncEngine
    writing: AsyncEngine

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for statements that change nothing."""
        return self.reading.connect()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction: committed at the end, rolled back by an exception."""
        return self.writing.begin()
