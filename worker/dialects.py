"""Where do the two databases differ for the worker? This module contains every difference.

Row locks need no case of their own: SQLite has one writer at a time, and SQLAlchemy leaves out FOR
UPDATE there.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    SQLColumnExpression,
    String,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE

from worker.known_names import KnownNames

LOCK_TIMEOUT, DEFAULT = "lock_timeout", "DEFAULT"
"""The note of a session's lock time-out, which stays for the transactions after the one that has
set it: most transactions then need no statement for it. ``DEFAULT`` is the server's own."""

MAKING_OF_WORKSPACES = 0x6D757374_6E616D65
"""The number of the advisory lock under which workspaces are made on demand of a person. Workers
make those that the directory knows without it: their names were compared when they came to be."""

TEXTS = postgresql.ARRAY(String).with_variant(JSON(), "sqlite")
"""The type of a parameter that holds many texts."""


@dataclass(frozen=True, slots=True)
class DownstreamDatabase:
    """The worker's database.

    On SQLite ``writing`` has one connection, so that writers queue up instead of polling for the
    lock; on PostgreSQL both engines are the same. ``workspaces`` are those that have a row.
    """

    reading: AsyncEngine
    writing: AsyncEngine
    workspaces: KnownNames = field(default_factory=KnownNames, compare=False)

    @property
    def engines(self) -> Sequence[AsyncEngine]:
        """Return all engines."""
        return list(dict.fromkeys((self.reading, self.writing)))

    @property
    def transactions_at_once(self) -> int:
        """Return how many batches of a lane are worth being applied at the same time.

        PostgreSQL applies one while the worker plans another, as for two workers. SQLite has one
        writer.
        """
        return 2 if self.writing.dialect.name == "postgresql" else 1

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for reading statements."""
        return self.reading.connect()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose statements all read one snapshot, as SQLite's always do.

        PostgreSQL refuses to write there, or to lock a row.
        """
        async with self.read() as db:
            if db.dialect.name == "postgresql":
                await db.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield db

    @asynccontextmanager
    async def write(self, lock_timeout: float | None = None) -> AsyncIterator[AsyncConnection]:
        """Open a transaction: committed at the end, rolled back by an exception.

        :param lock_timeout: seconds to wait for each lock before the transaction fails; the
            server's own setting where it is missing. SQLite has no locks to wait for.
        """
        timeout = self._setting(lock_timeout)
        async with self.writing.connect() as db:
            session = _session_of(db)
            async with db.begin():
                if session.get(LOCK_TIMEOUT, DEFAULT) != timeout:
                    session[LOCK_TIMEOUT] = None  # a rollback would take the setting back
                    await db.exec_driver_sql(f"SET lock_timeout = {timeout}")
                yield db
            session[LOCK_TIMEOUT] = timeout

    def _setting(self, lock_timeout: float | None) -> str:
        """Return the setting of a session for a time-out in seconds."""
        if lock_timeout is None or self.writing.dialect.name != "postgresql":
            return DEFAULT
        return str(round(lock_timeout * 1000))


async def wait_for_makers(db: AsyncConnection) -> None:
    """Wait until no other transaction makes a workspace, and let none make one until this one ends.

    Writers of SQLite wait for each other anyway.
    """
    if db.dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(MAKING_OF_WORKSPACES)))


def _session_of(db: AsyncConnection) -> dict[Any, Any]:
    """Return the notes about the session of a connection, which last as long as the session."""
    assert db.sync_connection is not None, "the connection is open"
    return db.sync_connection.info


def insert_into(db: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that supports ON CONFLICT."""
    if db.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


class is_among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL operator it is
    """The condition that a column equals any of some texts, each looked up by index.

    The texts are one parameter, so that a statement is prepared once for any number of them.
    PostgreSQL cannot estimate from the subquery, and so looks each text up: given the values, it
    reads all rows of a connection where its statistics are old, which they are after a push.
    """

    # With the type Boolean, the condition is compared with 1 on SQLite, which then uses no index.
    type = NULLTYPE  # type: ignore[assignment]
    inherit_cache = True

    def __init__(
        self, column: SQLColumnExpression[Any], values: Collection[str] | BindParameter[Any]
    ) -> None:
        """Take the texts, or the parameter with which they are given to a statement."""
        if not isinstance(values, BindParameter):
            values = bindparam(None, sorted(values), type_=TEXTS, unique=True)
        super().__init__(column, values)


@compiles(is_among, "sqlite")
def _in_json(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of our own making


@compiles(is_among, "postgresql")
def _any_of_array(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY(ARRAY(SELECT unnest({values})))"
