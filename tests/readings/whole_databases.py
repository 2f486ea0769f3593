"""What do both databases hold? Every row of every table, to be compared with itself later."""

from typing import Any

from sqlalchemy import select

from api.directory.tables import ApiTable
from deploy.databases.open_databases import Databases
from worker.schema import WorkerTable

OF_LOOKING = {"console_sessions"}
"""Tables that a visitor changes by looking."""

NOTES_OF_USE = {"last_used_at", "last_used_from"}
"""Columns that a visitor changes by looking."""

Rows = dict[str, list[dict[str, Any]]]


async def whole(databases: Databases) -> Rows:
    """Return what looking does not change."""
    held: Rows = {}
    sides = ((databases.directory, ApiTable), (databases.downstream, WorkerTable))
    for database, side in sides:
        async with database.read() as db:
            for table in side.metadata.sorted_tables:
                if table.name in OF_LOOKING:
                    continue
                columns = [it for it in table.c if it.name not in NOTES_OF_USE]
                rows = await db.execute(select(*columns).order_by(*table.primary_key))
                held[table.name] = [dict(row) for row in rows.mappings()]
    return held
