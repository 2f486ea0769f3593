"""Does downstream take writes? A probe inserts workspaces and rolls them back."""

from contextlib import suppress

from contracts.write_probe import SMALL_CACHE, USUAL_CACHE, ProbeRolledBack, probe_names
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.mapping import WORKSPACES
from worker.put_rows import put_rows


async def try_writing(database: DownstreamDatabase) -> None:
    """Write as a batch would, and roll back; raise the error that prevents writing."""
    with suppress(ProbeRolledBack):
        async with database.write() as db:
            small = db.dialect.name == "sqlite"
            if small:
                await db.exec_driver_sql(SMALL_CACHE)
            try:
                await put_rows(db, WORKSPACES, [(name,) for name in probe_names()])
            finally:
                if small:
                    await db.exec_driver_sql(USUAL_CACHE)
            raise ProbeRolledBack
