"""Does the directory take writes? The probe inserts schedules and rolls them back."""

from contextlib import suppress

from sqlalchemy import insert

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Schedule
from contracts.write_probe import SMALL_CACHE, USUAL_CACHE, ProbeRolledBack, probe_names


async def try_writing(database: DirectoryDatabase) -> None:
    """Write as a request would, and roll back; raise the error that prevents it."""
    with suppress(ProbeRolledBack):
        async with database.write() as db:
            small = db.dialect.name == "sqlite"
            if small:
                await db.exec_driver_sql(SMALL_CACHE)
            try:
                rows = [{"name": name, "due_at": 0} for name in probe_names()]
                await db.execute(insert(Schedule), rows)
            finally:
                if small:
                    await db.exec_driver_sql(USUAL_CACHE)
            raise ProbeRolledBack
