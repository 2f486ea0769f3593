"""When does PostgreSQL commit an identity? A trigger that is deferred runs as part of the commit.

It stamps the time after all of the transaction's statements; only the flush of the log to the disk
comes later. It costs a row for each row that it stamps, and is there only while it is needed.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.benchmarks.watching.commits import Commit

BEGIN = (
    "CREATE TABLE stamped (identity text, version bigint, at double precision)",
    """
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO stamped VALUES (
            NEW.identity, NEW.applied_version, extract(epoch FROM clock_timestamp())
        );
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER stamped AFTER INSERT OR UPDATE ON sync_records
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION stamp()
    """,
)
END = ("DROP TRIGGER stamped ON sync_records", "DROP FUNCTION stamp", "DROP TABLE stamped")
STAMPED = text("SELECT identity, version, at FROM stamped")

EVERYBODY, LEAVERS = "NEW.applied_version > 0", "NEW.deactivated_at > 0"
"""The rows that are stamped."""


@dataclass(frozen=True, slots=True)
class PostgresCommits:
    """Stamps on the connection of an onlooker."""

    downstream: AsyncConnection
    condition: str = EVERYBODY

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        for statement in BEGIN:
            await self.downstream.execute(text(statement.format(condition=self.condition)))
        try:
            yield
        finally:
            for statement in END:
                await self.downstream.execute(text(statement))

    async def commits(self) -> Sequence[Commit]:
        rows = await self.downstream.execute(STAMPED)
        return [Commit(row.identity, row.version, row.at) for row in rows]
