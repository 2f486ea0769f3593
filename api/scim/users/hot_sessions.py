"""How does each database run the hot statements for users? PostgreSQL writes by one, SQLite by two.

SQLite's statements cannot hold each other, but it has one writer at a time: a transaction of two
statements is as good. A creation waits for the thread of its connection six times then, in place of
twenty, which is most of its time.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import JSON, Boolean

from api.directory.dialects import DirectoryDatabase
from api.directory.hot_statements import HotStatement, Row, Run, on_postgres, on_sqlite, run_hot
from api.scim.users.hot_statements import (
    POSTGRES,
    SQLITE,
    adding,
    adding_identities_on_sqlite,
    adding_users_on_sqlite,
    changing,
    changing_on_sqlite,
    checking,
)
from api.scim.users.statements import IDENTITIES, IDENTITY_COLUMNS, IDENTITY_PREFIX, USERS, UserKey

Columns = Mapping[str, Any]

BEGIN = "BEGIN IMMEDIATE"
"""Begins a transaction of SQLite that writes, and so has the lock from its beginning."""


@dataclass(frozen=True, slots=True)
class HotSessions:
    """Runs hot statements in the sessions of a directory that has some."""

    database: DirectoryDatabase

    @property
    def dialect(self) -> str:
        """Return the name of the dialect of the statements."""
        return SQLITE if self.database.has_one_writer else POSTGRES

    async def read(self, statement: HotStatement, **given: str | int) -> Sequence[Row]:
        """Run a single statement; on PostgreSQL it may write."""
        if not self.database.has_one_writer:
            assert self.database.hot is not None
            return await run_hot(self.database.hot, statement, **given)
        async with on_sqlite(self.database.reading) as run:
            return await run(statement, **given)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Run]:
        """Yield the ``Run`` of a change's statements: on SQLite in a transaction, which locks."""
        if not self.database.has_one_writer:
            assert self.database.hot is not None
            async with on_postgres(self.database.hot) as run:
                yield run
            return
        async with on_sqlite(self.database.writing, BEGIN) as run:
            yield run

    async def change(
        self,
        run: Run,
        users: Sequence[Columns],
        identities: Sequence[Columns],
        bases: Sequence[Columns],
        now: int,
    ) -> frozenset[UserKey]:
        """Store new states if they build on the newest; return the keys of the users stored.

        :param run: as ``changing`` has yielded it, which has also read the users.
        :param bases: the columns that each state builds on. On SQLite, they cannot have changed
            since.
        :param now: the time at which the tokens are checked.
        """
        given = {"users": as_json(users), "identities": as_json(identities)}
        user_names, identity_names = _names_in(users), _names_in(identities)
        if not self.database.has_one_writer:
            statement = changing(user_names, identity_names)
            rows = await run(statement, **given, basis=as_json(bases), now=now)
            return frozenset(UserKey(row["connection_id"], row["id"]) for row in rows)
        await run(changing_on_sqlite(USERS, user_names), states=given["users"])
        if identities:
            statement = changing_on_sqlite(IDENTITIES, identity_names)
            await run(statement, states=given["identities"])
        return frozenset(UserKey(it["of_connection"], it["of_id"]) for it in users)

    async def add(
        self, users: Sequence[Columns], identities: Sequence[Columns], now: int
    ) -> Sequence[Row]:
        """Insert users, which have the digests of their requests, and their identities.

        Return for each: its id, its digest, whether it was inserted, and rules if the token is
        live at the given time.
        """
        if not self.database.has_one_writer:
            given = {"users": as_json(users), "identities": as_json(identities)}
            return await self.read(adding(), **given, now=now)
        async with on_sqlite(self.database.writing, BEGIN) as run:
            rows = await run(adding_users_on_sqlite(), users=as_json(users), now=now)
            added = {row["id"] for row in rows}
            of_added = [it for it in identities if it["id"] in added]
            await run(adding_identities_on_sqlite(), identities=as_json(of_added))
            asked = {(it["digest"], it["connection_id"]) for it in users}
            tokens = [{"digest": digest, "connection_id": id_} for digest, id_ in asked]
            found = await run(checking(SQLITE), asked=as_json(tokens), now=now)
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


def with_identity(row: Row) -> Row:
    """Return a row whose columns of the identity are of Python's types, as PostgreSQL's are."""
    if not isinstance(row[f"{IDENTITY_PREFIX}profile"], str):
        return row  # PostgreSQL's driver has decoded all of them
    decoded = dict(row)
    for name in JSON_NAMES:
        if (value := decoded[name]) is not None:
            decoded[name] = from_json(value)
    for name in BOOLEAN_NAMES:
        decoded[name] = bool(decoded[name])
    return decoded


def _names_of(kind: type[Any]) -> Sequence[str]:
    """Return the columns of a type that are read of an identity."""
    return [it.name for it in IDENTITY_COLUMNS if isinstance(it.type, kind)]


JSON_NAMES, BOOLEAN_NAMES = _names_of(JSON), _names_of(Boolean)
"""The columns whose values SQLite returns in types of its own; no truth value is missing."""


def _names_in(rows: Sequence[Columns]) -> frozenset[str]:
    """Return the names of the columns, which all rows have alike."""
    return frozenset(rows[0] if rows else ())


def as_json(rows: Sequence[Columns]) -> str:
    """Return rows as the parameter of a statement."""
    return to_json(rows).decode()
