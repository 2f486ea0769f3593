"""What is the floor of an api on PostgreSQL? FastAPI and one statement of asyncpg a request.

``python -m tests.benchmarks.floors.bare_postgres_api URL PORT PARSER``
"""

import sys
from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.benchmarks.floors.bare_app import bare_app
from tests.benchmarks.floors.serving import run, serve

TABLES = """
DROP TABLE IF EXISTS bare_users, bare_identities, bare_members;
CREATE TABLE bare_users (
    id text PRIMARY KEY, name text UNIQUE NOT NULL, resource json NOT NULL
);
CREATE TABLE bare_identities (
    id text PRIMARY KEY, active boolean NOT NULL, profile json NOT NULL
);
CREATE TABLE bare_members (
    group_id text NOT NULL, member_id text NOT NULL, PRIMARY KEY (group_id, member_id)
);
"""
CREATE = """
WITH added AS (INSERT INTO bare_users VALUES ($1, $2, $3))
INSERT INTO bare_identities VALUES ($1, true, $3)
"""
DEACTIVATE = """
WITH left_now AS (UPDATE bare_identities SET active = false WHERE id = $1)
UPDATE bare_users SET resource = (resource::jsonb || $2::jsonb)::json WHERE id = $1
RETURNING resource
"""
LOOK_UP = "SELECT resource FROM bare_users WHERE name = $1"
PAGE = "SELECT resource FROM bare_users WHERE id >= $1 ORDER BY id LIMIT 100"
JOIN = """
WITH joined AS (INSERT INTO bare_members VALUES ($1, $2))
UPDATE bare_identities SET active = active WHERE id = $2
"""
LEAVE = """
WITH left_now AS (DELETE FROM bare_members WHERE group_id = $1 AND member_id = $2)
UPDATE bare_identities SET active = active WHERE id = $2
"""


class BarePostgres:
    """The rows of a floor on PostgreSQL."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    async def create(self, id_: str, name: str, user: str) -> None:
        await self._pool.execute(CREATE, id_, name, user)

    async def deactivate(self, id_: str, change: str) -> str:
        return str(await self._pool.fetchval(DEACTIVATE, id_, change))

    async def look_up(self, name: str) -> str:
        return str(await self._pool.fetchval(LOOK_UP, name))

    async def page(self, after: str) -> Sequence[str]:
        return [row["resource"] for row in await self._pool.fetch(PAGE, after)]

    async def join(self, group: str, member: str) -> None:
        await self._pool.execute(JOIN, group, member)

    async def leave(self, group: str, member: str) -> None:
        await self._pool.execute(LEAVE, group, member)


async def make_tables(url: str, users: Sequence[tuple[str, str, str]]) -> None:
    """Make the tables anew, with some users: id, name and resource of each."""
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    await connection.executemany(CREATE, users)
    await connection.execute("VACUUM (ANALYZE, PARALLEL 0) bare_users, bare_identities")
    await connection.close()


async def _serve(url: str, port: int, parser: str) -> None:
    async with asyncpg.create_pool(url, min_size=10, max_size=20) as pool:
        await serve(bare_app(BarePostgres(pool)), port, parser)


if __name__ == "__main__":
    run(_serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
