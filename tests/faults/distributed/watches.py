"""What do the databases note by themselves? Releases of devices, and who has left and when.

Whatever Muster's own records say: triggers note it. Times are those of the commit, about, in
seconds since the epoch by the clock of the database, which no fault changes.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from api.directory.tables import Identity
from tests.faults.distributed.leavers import Noted
from tests.readings.stored import Stores

DEVICES = """
CREATE TABLE device_releases (serial text NOT NULL);
CREATE FUNCTION note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.assigned_to IS NOT NULL AND NEW.assigned_to IS NULL THEN
        INSERT INTO device_releases VALUES (OLD.serial);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER watched AFTER UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION note_release();
"""

VERSIONS = """
CREATE TABLE noted (connection text NOT NULL, identity text NOT NULL, version bigint NOT NULL,
    at double precision NOT NULL);
CREATE FUNCTION note_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO noted VALUES ({noted}, extract(epoch FROM clock_timestamp()));
    RETURN NULL;
END $$;
"""
"""A trigger that is deferred runs as a part of the commit."""

LEAVINGS = VERSIONS.format(noted="NEW.connection_id, NEW.id, NEW.version") + """
CREATE CONSTRAINT TRIGGER watched AFTER UPDATE ON identities
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.deactivated_at > OLD.deactivated_at AND NEW.connection_id <> '{noisy}')
    EXECUTE FUNCTION note_version();
"""  # fmt: skip

APPLICATIONS = VERSIONS.format(noted="NEW.connection, NEW.identity, NEW.applied_version") + """
CREATE CONSTRAINT TRIGGER watched AFTER INSERT OR UPDATE ON sync_records
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.connection <> '{noisy}')
    EXECUTE FUNCTION note_version();
"""  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watches:
    """What was noted in both databases."""

    stores: Stores

    async def begin(self, noisy: str) -> None:
        """Begin to note; versions of the noisy connection are so many that they are left out."""
        await _run(self.stores.directory, LEAVINGS.replace("{noisy}", noisy))
        await _run(self.stores.downstream, DEVICES + APPLICATIONS.replace("{noisy}", noisy))

    async def leavings(self) -> list[Noted]:
        """Return the deactivations since they were last forgotten."""
        return await _noted(self.stores.directory)

    async def applications(self) -> list[Noted]:
        """Return what was applied since it was last forgotten."""
        return await _noted(self.stores.downstream)

    async def sum_of_versions(self, connection: str) -> int:
        """Return what grows whenever any identity of a connection changes, whatever the clock."""
        versions = select(func.sum(Identity.version)).where(
            col(Identity.connection_id) == connection
        )
        async with self.stores.directory.connect() as db:
            return int((await db.execute(versions)).scalar_one())

    async def forget(self) -> None:
        """Forget versions: they were judged."""
        for engine in (self.stores.directory, self.stores.downstream):
            await _run(engine, "DELETE FROM noted")

    async def releases(self) -> Counter[str]:
        """Return how often each device was released, by serial."""
        async with self.stores.downstream.connect() as db:
            return Counter((await db.execute(text("SELECT serial FROM device_releases"))).scalars())


async def _run(engine: AsyncEngine, statements: str) -> None:
    async with engine.begin() as db:
        raw = (await db.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute(statements)


async def _noted(engine: AsyncEngine) -> list[Noted]:
    async with engine.connect() as db:
        rows = await db.execute(text("SELECT connection, identity, version, at FROM noted"))
        return [Noted((row.connection, row.identity), row.version, row.at) for row in rows]
