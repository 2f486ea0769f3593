"""What is the floor of a single process on SQLite? FastAPI, and one statement a request.

``python -m tests.benchmarks.floors.bare_sqlite_api FILE PORT PARSER``: as durable as Muster, with
a commit for each request. Triggers write the second row, so that the thread of the database is
asked once.
"""

import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from tests.benchmarks.floors.bare_app import bare_app
from tests.benchmarks.floors.serving import run, serve

DURABLE = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
"""
TABLES = """
CREATE TABLE bare_users (id TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, resource TEXT NOT NULL);
CREATE TABLE bare_identities (id TEXT PRIMARY KEY, active BOOLEAN NOT NULL, profile TEXT NOT NULL);
CREATE TABLE bare_members (
    group_id TEXT NOT NULL, member_id TEXT NOT NULL, PRIMARY KEY (group_id, member_id)
);
CREATE TRIGGER added AFTER INSERT ON bare_users BEGIN
    INSERT INTO bare_identities VALUES (NEW.id, true, NEW.resource);
END;
CREATE TRIGGER changed AFTER UPDATE ON bare_users BEGIN
    UPDATE bare_identities SET active = false WHERE id = NEW.id;
END;
CREATE TRIGGER joined AFTER INSERT ON bare_members BEGIN
    UPDATE bare_identities SET active = active WHERE id = NEW.member_id;
END;
CREATE TRIGGER went AFTER DELETE ON bare_members BEGIN
    UPDATE bare_identities SET active = active WHERE id = OLD.member_id;
END;
"""
CREATE = "INSERT INTO bare_users VALUES (?, ?, ?)"
DEACTIVATE = """
UPDATE bare_users SET resource = json_patch(resource, ?2) WHERE id = ?1 RETURNING resource
"""
LOOK_UP = "SELECT resource FROM bare_users WHERE name = ?"
PAGE = "SELECT resource FROM bare_users WHERE id >= ? ORDER BY id LIMIT 100"
JOIN = "INSERT INTO bare_members VALUES (?, ?)"
LEAVE = "DELETE FROM bare_members WHERE group_id = ? AND member_id = ?"


class BareSqlite:
    """The rows of a floor on SQLite, written on one connection and read on another."""

    def __init__(self, writing: aiosqlite.Connection, reading: aiosqlite.Connection) -> None:
        self._writing = writing
        self._reading = reading

    async def create(self, id_: str, name: str, user: str) -> None:
        await self._writing.execute_fetchall(CREATE, (id_, name, user))

    async def deactivate(self, id_: str, change: str) -> str:
        [row] = await self._writing.execute_fetchall(DEACTIVATE, (id_, change))
        return str(row[0])

    async def look_up(self, name: str) -> str:
        [row] = await self._reading.execute_fetchall(LOOK_UP, (name,))
        return str(row[0])

    async def page(self, after: str) -> Sequence[str]:
        return [row[0] for row in await self._reading.execute_fetchall(PAGE, (after,))]

    async def join(self, group: str, member: str) -> None:
        await self._writing.execute_fetchall(JOIN, (group, member))

    async def leave(self, group: str, member: str) -> None:
        await self._writing.execute_fetchall(LEAVE, (group, member))


def make_file(path: Path, users: Sequence[tuple[str, str, str]]) -> None:
    """Make the tables in a new file, with some users: id, name and resource of each."""
    connection = sqlite3.connect(path)
    connection.executescript(DURABLE + TABLES)
    with connection:
        connection.executemany(CREATE, users)
    connection.close()


async def _serve(file: str, port: int, parser: str) -> None:
    async with (
        aiosqlite.connect(file, isolation_level=None) as writing,  # each statement is a commit
        aiosqlite.connect(file, isolation_level=None) as reading,
    ):
        await writing.executescript(DURABLE)
        await serve(bare_app(BareSqlite(writing, reading)), port, parser)


if __name__ == "__main__":
    run(_serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
