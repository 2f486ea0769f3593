"""How does each database run the hot statements for users? PostgreSQL adds by one, SQLite by two.

SQLite's statements cannot hold each other, but it has one writer at a time: a transaction of two
statements is as good. A request waits for the thread of the connection four times then, in place of
twenty, which is most of its time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from api.directory.dialects import DirectoryDatabase
from api.directory.hot_statements import HotStatement, Row, on_sqlite, run_hot
from api.scim.users.hot_statements import (
    POSTGRES,
    SQLITE,
    adding,
    adding_identities_on_sqlite,
    adding_users_on_sqlite,
    checking,
)

Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HotSessions:
    """Runs hot statements in the sessions of a directory that has some."""

    database: DirectoryDatabase

    @property
    def dialect(self) -> str:
        """Return the name of the dialect of the statements."""
        return SQLITE if self.database.has_one_writer else POSTGRES

    async def read(self, statement: HotStatement, **given: str) -> Sequence[Row]:
        """Run a single statement; on PostgreSQL it may write."""
        if not self.database.has_one_writer:
            assert self.database.hot is not None
            return await run_hot(self.database.hot, statement, **given)
        async with on_sqlite(self.database.reading) as run:
            return await run(statement, **given)

    async def add(self, users: Sequence[Columns], identities: Sequence[Columns]) -> Sequence[Row]:
        """Insert users, which have the digests of their requests, and their identities.

        Return for each: its id, its digest, whether it was inserted, and rules if the token is
        live.
        """
        if not self.database.has_one_writer:
            given = {"users": as_json(users), "identities": as_json(identities)}
            return await self.read(adding(), **given)
        async with on_sqlite(self.database.writing, "BEGIN IMMEDIATE") as run:
            rows = await run(adding_users_on_sqlite(), users=as_json(users))
            added = {row["id"] for row in rows}
            of_added = [it for it in identities if it["id"] in added]
            await run(adding_identities_on_sqlite(), identities=as_json(of_added))
            asked = {(it["digest"], it["connection_id"]) for it in users}
            tokens = [{"digest": digest, "connection_id": id_} for digest, id_ in asked]
            found = await run(checking(SQLITE), asked=as_json(tokens))
        rules = {row["digest"]: row["rules"] for row in found}
        return [
            {
                "id": it["id"],
                "digest": it["digest"],
                "added": it["id"] in added,
                "rules": rules[it["digest"]],
            }
            for it in users
        ]


def as_json(rows: Sequence[Columns]) -> str:
    """Return rows as the parameter of a statement."""
    return to_json(rows).decode()
