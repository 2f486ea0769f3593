"""How do tests wait less for a killed relay? Its leases lapse as if a minute had passed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from tests.drivers.installation import Installation

LET_LEASES_LAPSE = """
WITH free AS MATERIALIZED (
    SELECT connection_id, id FROM identities
    WHERE dirty_lane IS NOT NULL AND due_at <> changed_at
    FOR UPDATE SKIP LOCKED
)
UPDATE identities SET due_at = 0 FROM free
WHERE identities.connection_id = free.connection_id AND identities.id = free.id
"""
"""Whose time is that of the change has no lease, and has to be taken at that."""

PAUSE = 1.0
"""Seconds between two lapses: relays that live lose their leases as well."""


@asynccontextmanager
async def lapsing_leases(installation: Installation) -> AsyncIterator[None]:
    """Let leases lapse every second in the block, while the directory takes statements."""
    url = installation.database_url("directory", role="postgres")

    async def lapse() -> None:
        while True:
            with suppress(asyncpg.PostgresError, OSError):
                db = await asyncpg.connect(url)
                try:
                    await db.execute(LET_LEASES_LAPSE)
                finally:
                    await db.close()
            await asyncio.sleep(PAUSE)

    lapsing = asyncio.create_task(lapse())
    try:
        yield
    finally:
        lapsing.cancel()
        with suppress(asyncio.CancelledError):
            await lapsing
