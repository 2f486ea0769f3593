"""Is a database that was used and emptied like a fresh copy, or else told from one?"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, make_url, text

from deploy.databases.engines import open_engines
from tests.migrations.dumps import SIDES, load, read_dump
from tests.servers.emptied import Pristine
from tests.servers.migrated import PostgresTemplates
from tests.servers.postgres import PostgresServer, connected

pytestmark = pytest.mark.postgres

RELATIONS = """
SELECT relname, relkind, pg_relation_size(oid),
    CASE WHEN relkind = 'r' THEN ROW(reltuples, relpages) END
FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'i', 'S') ORDER BY oid
"""
DEFINITIONS = """
SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull
FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND attrelid::regclass::text !~ 'pg_toast'
UNION ALL SELECT pg_get_triggerdef(oid), tgenabled::text, '', true FROM pg_trigger
UNION ALL SELECT pg_get_indexdef(indexrelid), '', '', indisvalid FROM pg_index
WHERE indrelid >= 16384 AND indrelid::regclass::text !~ 'pg_toast'
ORDER BY 1, 2
"""
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1"
A_ROW = "INSERT INTO schedules (name, due_at) VALUES ('sweep', 1)"


class Used:
    """A copy that a test has used, and its template as it was before."""

    def __init__(self, url: str, pristine: Pristine, server: PostgresServer) -> None:
        self.url = url
        self._pristine = pristine
        self._server = server

    async def renew(self) -> bool:
        """Renew the copy once the server has seen that the test's own sessions ended."""
        async with connected(self._server.admin_url) as db:
            while await db.fetchval(SESSIONS, make_url(self.url).database):
                pass
        return await self._pristine.renew(self.url)


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> str:
    """Give the name of a side."""
    return str(request.param)


on_the_directory = pytest.mark.parametrize("side", ["directory"], indirect=True)


@pytest.fixture
async def used(
    side: str, postgres_server: PostgresServer, postgres_templates: PostgresTemplates
) -> AsyncIterator[Used]:
    """Give a copy that will not be lent again."""
    with postgres_templates.copy(SIDES[side]) as template:
        pristine = await Pristine.of(template)
        url = postgres_server.make_database(str(make_url(template).database))
        yield Used(url, pristine, postgres_server)
        postgres_server.drop_database(url)


async def fill(url: str, side: str) -> None:
    """Put rows into all tables, and take numbers from all sequences."""
    schema = SIDES[side]

    def load_rows(db: Connection) -> None:
        load(db, schema, read_dump(side, schema.known()[-1]))

    reading, writing = open_engines(url)
    async with writing.begin() as db:
        await db.run_sync(load_rows)
        await db.execute(text("SELECT nextval(seqrelid) FROM pg_sequence"))
    await reading.dispose()
    await writing.dispose()


async def all_of(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Read a database from end to end: what it is made of, and what it holds."""
    async with connected(url) as db:
        found = {query: await db.fetch(query) for query in (RELATIONS, DEFINITIONS)}
        for relation in found[RELATIONS]:
            if relation["relkind"] != b"i":
                name = relation["relname"]
                found[name] = await db.fetch(f'SELECT ctid, * FROM "{name}"')  # noqa: S608
        return {name: [tuple(row) for row in rows] for name, rows in found.items()}


async def test_a_copy_that_was_full_is_like_a_new_one(used: Used, side: str) -> None:
    new = await all_of(used.url)
    await fill(used.url, side)
    full = await all_of(used.url)
    same = {name for name, rows in new.items() if full[name] == rows}
    assert same == {DEFINITIONS, SIDES[side].version_table}
    assert await used.renew()
    assert await all_of(used.url) == new


@on_the_directory
async def test_a_copy_whose_writer_gave_up_is_like_a_new_one(used: Used) -> None:
    new = await all_of(used.url)
    async with connected(used.url) as db:
        await db.execute(f"BEGIN; {A_ROW}; ROLLBACK")
    assert await all_of(used.url) != new
    assert await used.renew()
    assert await all_of(used.url) == new


@on_the_directory
@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users RENAME TO elsewhere",
        "ALTER TABLE users ADD COLUMN shoe_size integer",
        "ALTER TABLE users DISABLE TRIGGER ALL",
        "ALTER TABLE users SET (fillfactor = 50)",
        "ALTER INDEX users_by_name RENAME TO elsewhere",
        "DROP INDEX users_by_name",
        "CREATE TABLE elsewhere ()",
        "CREATE FUNCTION elsewhere() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "DELETE FROM directory_migrations",
        "ANALYZE schedules",
        f"{A_ROW}; ANALYZE schedules",
        "ALTER DATABASE {name} SET default_transaction_read_only = on",
        "ALTER DATABASE {name} CONNECTION LIMIT 5",
    ],
)
async def test_a_copy_that_was_changed_is_told_from_a_new_one(used: Used, change: str) -> None:
    async with connected(used.url) as db:
        await db.execute(change.format(name=make_url(used.url).database))
    assert not await used.renew()
