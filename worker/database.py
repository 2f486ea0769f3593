"""Where do the two databases differ for the worker? Here, and nowhere else on its side.

Row locks need no word: SQLite has one writer at a time, and SQLAlchemy leaves FOR UPDATE out there.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


@dataclass(frozen=True, slots=True)
class DownstreamDatabase:
    """The worker's database.

    On SQLite ``writing`` has one connection, so that writers queue up in order instead of polling
    for the lock; on PostgreSQL both are the same engine.
    """

    reading: AsyncEngine
    writing: AsyncEngine

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for statements that change nothing."""
        return self.reading.connect()

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction: committed at the end, rolled back by an exception."""
        return self.writing.begin()


def insert_into(db: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT."""
    if db.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
