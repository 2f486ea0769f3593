"""Where do the two databases differ for the worker? This module contains every difference.

Row locks need no case of their own: SQLite has one writer at a time, and SQLAlchemy leaves out FOR
UPDATE there.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    SQLColumnExpression,
    String,
    Table,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE

TEXTS = postgresql.ARRAY(String).with_variant(JSON(), "sqlite")
"""The type of a parameter that holds many texts."""


@dataclass(frozen=True, slots=True)
class DownstreamDatabase:
    """The worker's database.

    On SQLite ``writing`` has one connection, so that writers queue up instead of polling for the
    lock; on PostgreSQL both engines are the same.
    """

    reading: AsyncEngine
    writing: AsyncEngine

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for reading statements."""
        return self.reading.connect()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose statements all read one snapshot, as SQLite's always do."""
        async with self.read() as db:
            if db.dialect.name == "postgresql":
                await db.execution_options(isolation_level="REPEATABLE READ")
            yield db

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction: committed at the end, rolled back by an exception."""
        return self.writing.begin()


async def wait_for_locks(db: AsyncConnection, seconds: float) -> None:
    """Limit the time that a transaction waits for each lock before it fails.

    SQLite has no locks to wait for within a transaction.
    """
    if db.dialect.name == "postgresql":
        await db.exec_driver_sql(f"SET LOCAL lock_timeout = {round(seconds * 1000)}")


async def put_rows(
    db: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    change: Collection[str] = (),
) -> None:
    """Insert rows in their order; where a key exists, update the columns ``change`` instead.

    All rows have the same columns. On PostgreSQL they are one parameter of one statement.
    """
    if not rows:
        return
    statement = _insert_statement(db.dialect.name, table, tuple(rows[0]), frozenset(change))
    if db.dialect.name == "postgresql":
        await db.execute(statement, {"rows": to_json(rows).decode()})
    else:
        await db.execute(statement, rows)


@cache
def _insert_statement(
    dialect: str, table: Table, names: tuple[str, ...], change: frozenset[str]
) -> postgresql.Insert | sqlite.Insert:
    statement: postgresql.Insert | sqlite.Insert
    if dialect == "postgresql":
        columns = [column(name, table.c[name].type) for name in names]
        objects = func.json_to_recordset(bindparam("rows", type_=String).cast(JSON))
        given = objects.table_valued(*columns).render_derived(name="given", with_types=True)
        statement = postgresql.insert(table).from_select(names, select(given))
    else:
        statement = sqlite.insert(table)
    if not change:
        return statement.on_conflict_do_nothing()
    new = {name: statement.excluded[name] for name in names if name in change}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)


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

    def __init__(self, column: SQLColumnExpression[Any], values: Collection[str]) -> None:
        super().__init__(column, bindparam(None, sorted(values), type_=TEXTS, unique=True))


@compiles(is_among, "sqlite")
def _in_json(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of our own making


@compiles(is_among, "postgresql")
def _any_of_array(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY(ARRAY(SELECT unnest({values})))"
