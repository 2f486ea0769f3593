"""How does a used database become as good as new? Its rows go, and nothing else may differ."""

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from tests.servers.postgres import connected

FILLED = """
SELECT oid::regclass::text AS table FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
"""The tables that have had rows since they were made or truncated, be it in a transaction that was
rolled back. No other table needs emptying: a table costs as many new files as it has indexes."""

QUICKLY = "SET synchronous_commit = off; SET lock_timeout = '100ms';"

RESTART = """
SELECT setval(seqrelid, seqstart, false) FROM pg_sequence
WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
"""

CATALOGS = (
    "pg_attrdef",
    "pg_attribute",
    "pg_constraint",
    "pg_event_trigger",
    "pg_extension",
    "pg_index",
    "pg_inherits",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_policy",
    "pg_proc",
    "pg_publication",
    "pg_rewrite",
    "pg_sequence",
    "pg_statistic",
    "pg_statistic_ext",
    "pg_trigger",
    "pg_type",
)
"""The catalogs whose rows a migration or ANALYZE writes, and TRUNCATE leaves alone."""

NEWEST = "SELECT ROW(count(*), max(xmin::text::bigint)) FROM {catalog}"
ROWS = "SELECT string_agg(row::text, ' ' ORDER BY row::text) FROM {table} AS row"

RELATIONS = """
SELECT string_agg(ROW(oid, relname, relnamespace, relowner, relacl, relkind, relpersistence,
    reloptions, relhastriggers, relhasrules, relrowsecurity, relreplident,
    CASE WHEN relkind IN ('r', 't') THEN ROW(reltuples, relpages, pg_relation_size(oid)) END
    )::text, ' ' ORDER BY oid)
FROM pg_class WHERE oid >= 16384
"""
"""The rows of pg_class, but for what TRUNCATE changes in them. A table without bytes holds no dead
rows either, and one that was neither analysed nor vacuumed is planned for like a new one. The
numbers of an index that holds nothing are left out, since the planner uses none of them."""

DATABASE = """
SELECT ROW(datconnlimit, datacl, pg_stat_get_db_deadlocks(oid),
    (SELECT string_agg(setting::text, ' ') FROM pg_db_role_setting AS setting
     WHERE setdatabase = oid),
    (SELECT string_agg(ROW(seqrelid, pg_sequence_last_value(seqrelid))::text, ' ')
     FROM pg_sequence))
FROM pg_database WHERE datname = current_database()
"""
"""Whom a database lets in and with which settings, its deadlocks, and the numbers given out."""

SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

UNUSABLE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises for a copy that is no longer one. The last but one stands for a session that
the server ended, as long as its goodbye has arrived and the end of its connection has not."""


@dataclass(frozen=True, slots=True)
class Pristine:
    """A migrated database, as its copies have to be before they are lent again.

    ``kept`` are the tables with rows of migrations, which are compared and never emptied.
    """

    kept: frozenset[str]
    state: str

    @classmethod
    async def of(cls, url: str) -> "Pristine":
        """Look at a database that was migrated a moment ago."""
        async with connected(url) as db:
            kept = frozenset(await _filled(db))
            return cls(kept, await _state(db, kept))

    async def renew(self, url: str) -> bool:
        """Empty a copy; return whether it is now as it was when it was made, without sessions."""
        try:
            async with connected(url) as db:
                is_renewed = await self.empty(db)
                return is_renewed and await db.fetchval(SESSIONS) == 0
        except UNUSABLE:
            return False  # it was dropped or closed

    async def empty(self, db: asyncpg.Connection) -> bool:
        """Empty the copy of a session; return whether it is now as it was when it was made."""
        try:
            await db.execute(QUICKLY + RESTART)
            if used := await _filled(db) - self.kept:
                await db.execute(f"TRUNCATE {', '.join(used)} CASCADE")
            return await _state(db, self.kept) == self.state
        except UNUSABLE:
            return False  # its tables are others, a session keeps one, or this session was ended


async def _filled(db: asyncpg.Connection) -> set[str]:
    return {row["table"] for row in await db.fetch(FILLED)}


async def _state(db: asyncpg.Connection, kept: Collection[str]) -> str:
    """Return a text which differs as soon as anything does by which a test may notice a copy."""
    newest = (NEWEST.format(catalog=catalog) for catalog in CATALOGS)
    rows = (ROWS.format(table=table) for table in sorted(kept))
    parts = ", ".join(f"({part})" for part in (RELATIONS, DATABASE, *newest, *rows))
    state: str = await db.fetchval(f"SELECT concat_ws(E'\\n', {parts})")
    return state
