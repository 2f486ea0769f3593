"""Are the databases as this version needs them? Migrating, and refusing to run on an old schema."""

from collections.abc import Awaitable, Callable

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine

import api.schema
import worker.schema
from deploy.opened import Databases

Check = Callable[[AsyncEngine], Awaitable[bool]]


class OutdatedSchema(Exception):
    """A database has another schema than this version needs."""

    def __init__(self) -> None:
        super().__init__("the databases are not at the schema of this version: run muster migrate")


async def migrate(databases: Databases) -> None:
    """Bring both databases to the schema of this version."""
    await api.schema.migrate(databases.directory.writing)
    await worker.schema.migrate(databases.downstream.writing)


async def ensure_current(databases: Databases) -> None:
    """Check both schemas. An empty SQLite file, on the single machine it belongs to, is set up.

    :raises OutdatedSchema: when ``muster migrate`` has to come first.
    """
    checks: list[tuple[AsyncEngine, Check, Callable[[AsyncEngine], Awaitable[None]]]] = [
        (
            databases.directory.writing,
            api.schema.schema_is_current,
            api.schema.migrate,
        ),
        (
            databases.downstream.writing,
            worker.schema.schema_is_current,
            worker.schema.migrate,
        ),
    ]
    for engine, is_current, set_up in checks:
        if await is_current(engine):
            continue
        if not await _is_empty_sqlite(engine):
            raise OutdatedSchema
        await set_up(engine)


async def _is_empty_sqlite(engine: AsyncEngine) -> bool:
    if engine.dialect.name != "sqlite":
        return False
    async with engine.connect() as db:
        return not await db.run_sync(lambda sync: inspect(sync).get_table_names())
