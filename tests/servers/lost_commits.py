"""How does a directory lose its last commits? As when a replica that lags behind is promoted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Table, delete, insert, select

from api.directory.administration_tables import AuditEntry
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import ApiTable

TABLES: tuple[Table, ...] = tuple(
    table for table in ApiTable.metadata.sorted_tables if table.name != AuditEntry.__tablename__
)
"""All tables but the audit log, which forgets nothing and which no test of lost commits reads."""


@asynccontextmanager
async def losing_commits(directory: DirectoryDatabase) -> AsyncIterator[None]:
    """Let the directory lose whatever is committed while the block runs."""
    before = await _rows(directory)
    yield
    async with directory.write() as db:
        for table in reversed(TABLES):
            await db.execute(delete(table))
        for table in TABLES:
            if before[table.name]:
                await db.execute(insert(table), before[table.name])


async def _rows(directory: DirectoryDatabase) -> dict[str, list[dict[str, Any]]]:
    async with directory.read() as db:
        return {
            table.name: [dict(row) for row in (await db.execute(select(table))).mappings()]
            for table in TABLES
        }
