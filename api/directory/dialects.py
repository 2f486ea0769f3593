"""Where do the directory's two databases differ? This module holds every difference."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Join,
    ScalarSelect,
    SelectBase,
    SQLColumnExpression,
    String,
    Table,
    TableValuedAlias,
    cast,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NULLTYPE

from api.directory.tables import COMPARABLE

LARGEST_INTEGER = 2**63 - 1
"""The largest integer that both databases store."""

LOCK_MILLISECONDS = 50
"""How long a transaction that requests share waits for a lock: as long as a few writes take."""

INTERRUPTIONS, INTERRUPTED_AGAIN = 10, 0.02
"""How often a statement of SQLite is interrupted at most, and the seconds between."""

SETTLED_AFTER = 5_000_000
"""Microseconds after its time within which a user is added, or else noted by a trigger."""

OLDEST_MOMENT = """
SELECT CAST(extract(epoch FROM least(now(), min(
    CASE WHEN state = 'disabled' THEN to_timestamp(0) ELSE xact_start END))) * 1000000 AS bigint)
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class DirectoryDatabase:
    """The directory's database, for reading and for writing.

    On SQLite ``writing`` has one connection, so that writers queue up in order instead of polling
    for the lock; on PostgreSQL both are the same engine. ``searching`` serves long statements that
    run once, so that short ones never wait for them; without one, ``reading`` serves them too.
    ``hot`` serves statements that many requests share; on PostgreSQL, they are a transaction each
    and wait only briefly for locks. Without it, requests take the plain way of more statements.
    """

    reading: AsyncEngine
    writing: AsyncEngine
    searching: AsyncEngine | None = None
    hot: AsyncEngine | None = None

    @property
    def has_one_writer(self) -> bool:
        """Return whether writing transactions run one after the other, as on SQLite."""
        return self.writing.dialect.name == "sqlite"

    @property
    def engines(self) -> Sequence[AsyncEngine]:
        """Return all engines."""
        every = (self.reading, self.writing, self.searching, self.hot)
        return [engine for engine in dict.fromkeys(every) if engine is not None]

    @property
    def writers(self) -> Sequence[AsyncEngine]:
        """Return the engines whose sessions write."""
        return [it for it in dict.fromkeys((self.writing, self.hot)) if it is not None]

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for statements that change nothing."""
        return self.reading.connect()

    def search(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for a search, which may take long."""
        return (self.searching or self.reading).connect()

    async def close(self) -> None:
        """Close every connection."""
        for engine in self.engines:
            await engine.dispose()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose statements all see the same moment, as SQLite's always do."""
        async with self.read() as db:
            if db.dialect.name == "postgresql":
                await db.execution_options(isolation_level="REPEATABLE READ")
            yield db

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction, which is committed at the end and rolled back by an exception."""
        return self.writing.begin()

    def write_in_snapshot(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction whose statements all see the same moment, as SQLite's always do."""
        if self.has_one_writer:
            return self.write()
        return self.writing.execution_options(isolation_level="REPEATABLE READ").begin()

    def write_at_once(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection that commits each statement by itself, without a round trip for it.

        On SQLite it is a transaction, as ``write`` opens: there are no round trips to be saved.
        """
        if self.has_one_writer:
            return self.write()
        return self.writing.execution_options(isolation_level="AUTOCOMMIT").connect()


def insert_for(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can take an ON CONFLICT clause."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def interrupt(db: AsyncConnection, task: "asyncio.Future[Any]") -> None:
    """End the statement of a task on a SQLite connection, which its driver never does by itself.

    A statement that its thread has not begun yet is not interrupted, and would run on without a
    reader: it is interrupted again, for a fifth of a second. PostgreSQL's driver ends the statement
    of a task that is cancelled.
    """
    if db.dialect.name != "sqlite":
        return
    for _ in range(INTERRUPTIONS):
        if task.done() or db.closed or db.invalidated:
            return
        connection: Any = (await db.get_raw_connection()).driver_connection
        await connection.interrupt()
        await asyncio.wait({task}, timeout=INTERRUPTED_AGAIN)


async def wait_briefly(db: AsyncConnection) -> None:
    """Bound the time that a transaction waits for each lock, because other requests wait for it.

    SQLite has no locks to wait for within a transaction.
    """
    if db.dialect.name == "postgresql":
        await db.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")


async def settled_before(db: AsyncConnection) -> int:
    """Return the time up to which no open transaction can add users without a trigger's note.

    SQLite has no open transactions beside the one that asks. PostgreSQL hides those of other roles.
    """
    if db.dialect.name != "postgresql":
        return LARGEST_INTEGER
    oldest: int = await db.scalar(text(OLDEST_MOMENT))
    return oldest - SETTLED_AFTER


async def settled_now(db: AsyncConnection) -> int:
    """Return the time up to which users may be counted while no transaction is open."""
    if db.dialect.name != "postgresql":
        return LARGEST_INTEGER
    moment = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
    now: int = await db.scalar(text(moment))
    return now - SETTLED_AFTER


# --- rows that are written ------------------------------------------------------------------


class returned_beside(FunctionElement[Any]):  # noqa: N801
    """A value of other tables that a statement returns beside the columns of a row it wrote.

    SQLAlchemy would leave out the names of tables, which SQLite's RETURNING does not need for the
    columns of the row.
    """

    inherit_cache = True

    def __init__(self, value: ScalarSelect[Any]) -> None:
        super().__init__(value)
        self.type = value.type


@compiles(returned_beside)
def _returned_beside(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    [value] = element.clauses
    return compiler.process(value, **options | {"include_table": True})


# --- text -----------------------------------------------------------------------------------


class in_code_points(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """A text under the collation that compares and sorts by code points, as Python does."""

    type = String()
    inherit_cache = True


@compiles(in_code_points, "sqlite")
def _binary(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(in_code_points, "postgresql")
def _collate_c(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


class position_of(FunctionElement[int]):  # noqa: N801
    """The position at which a text first contains another, counted from 1; 0 where it does not."""

    inherit_cache = True


@compiles(position_of, "sqlite")
def _instr(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(position_of, "postgresql")
def _strpos(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


# --- sets of ids ----------------------------------------------------------------------------


class is_among(FunctionElement[bool]):  # noqa: N801
    """The condition that a column holds a value of a subquery, each of which is found by index.

    PostgreSQL plans a join by its statistics instead, which know nothing of a group that was pushed
    a moment ago, and then compares every member with every value.
    """

    # SQLAlchemy compares a Boolean with 1 on SQLite, which then uses no index.
    type = NULLTYPE  # type: ignore[assignment]
    inherit_cache = True

    def __init__(self, column: SQLColumnExpression[Any], values: SelectBase) -> None:
        super().__init__(column, values.scalar_subquery())


@compiles(is_among, "sqlite")
def _in(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    value, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{value} IN {values}"


@compiles(is_among, "postgresql")
def _any(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    value, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} = ANY(ARRAY{values}))"


class row_location(FunctionElement[Any]):  # noqa: N801
    """The physical location of a column's row (ctid, rowid), valid within one statement.

    PostgreSQL takes a condition on the second column of an index for a filter if its statistics
    promise few rows by the first one, and compares each row with each value. Rows are found by
    their locations without such a choice.
    """

    type = NULLTYPE
    inherit_cache = True


@compiles(row_location, "sqlite")
def _rowid(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    [of] = element.clauses
    return f"{compiler.process(of, **options).rpartition('.')[0]}.rowid"


@compiles(row_location, "postgresql")
def _ctid(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    [of] = element.clauses
    return f"{compiler.process(of, **options).rpartition('.')[0]}.ctid"


class row_name(FunctionElement[Any]):  # noqa: N801
    """The name of a column's row within one statement: its rowid in SQLite, else the column.

    SQLite plans by the statistics of the last ANALYZE, which may be of a time when the table was
    small, and then reads all rows in place of those that are named. A rowid leaves it no choice.
    """

    type = NULLTYPE
    inherit_cache = True


@compiles(row_name)
def _column(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


compiles(row_name, "sqlite")(_rowid)


class unindexed(FunctionElement[Any]):  # noqa: N801
    """A column by which SQLite looks for no rows, because another one names fewer."""

    type = NULLTYPE
    inherit_cache = True


compiles(unindexed)(_column)


@compiles(unindexed, "sqlite")
def _plus(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


class ordered_join(Join):  # noqa: N801
    """A join that looks for rows of its second table for each row of the first, on SQLite too.

    It may choose the other order by outdated statistics, and compare all rows with each other.
    """

    inherit_cache = True


@compiles(ordered_join, "sqlite")
def _cross_join(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    within = options | {"asfrom": True}
    first, second = (compiler.process(it, **within) for it in (element.left, element.right))
    return f"{first} CROSS JOIN {second} ON {compiler.process(element.onclause, **options)}"


# --- documents ------------------------------------------------------------------------------


class _entries(FunctionElement[Any]):  # noqa: N801
    """The objects of a JSON array, one row each.

    The arguments are the array, its document and its path there: given the array alone, SQLite
    would take a missing array for one with an empty entry.
    """

    inherit_cache = True


@compiles(_entries, "sqlite")
def _json_each(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    _array, document, path = element.clauses
    return (
        f"json_each({compiler.process(document, **options)}, {compiler.process(path, **options)})"
    )


@compiles(_entries, "postgresql")
def _jsonb_array_elements(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    array, _document, _path = element.clauses
    return f"jsonb_array_elements({compiler.process(array, **options)})"


def entries_of(document: ColumnElement[Any], *path: str) -> TableValuedAlias:
    """Return the array at a path of a document as a table, with the objects in ``value``."""
    spelled = ".".join(("$", *(f'"{name}"' for name in path)))
    entries = _entries(document[path], document, literal(spelled))
    return entries.table_valued(column("value", COMPARABLE))


def objects_in(text: ColumnElement[str], names: Sequence[str], dialect: str) -> FromClause:
    """Return an array of flat objects, written as JSON, as a table of their texts."""
    return rows_in(text, [column(name, String) for name in names], dialect)


def rows_in(
    text: ColumnElement[str], columns: Sequence[ColumnElement[Any]], dialect: str
) -> FromClause:
    """Return an array of objects, written as JSON, as a table with columns of the given types.

    Any number of rows is thus one parameter of one statement, which is prepared once for all. The
    table is a subquery: Python's sqlite3 counts no rows of statements that begin with a CTE.
    """
    if dialect == "postgresql":
        typed = [column(str(it.key), it.type) for it in columns]
        objects = func.json_to_recordset(cast(text, JSON)).table_valued(*typed)
        return objects.render_derived(name="named", with_types=True)
    objects_ = func.json_each(text).table_valued(column("value", JSON))
    values = (_value_at(objects_.c.value, it).label(str(it.key)) for it in columns)
    return select(*values).subquery("named")


def _value_at(document: ColumnElement[Any], of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the value of an object that belongs to a column, in the type of the column."""
    at = document[str(of.key)]
    value: ColumnElement[Any]
    match of.type:
        case JSON():
            value = at.as_json()
        case Boolean():
            value = at.as_boolean()
        case Integer():
            value = at.as_integer()
        case _:
            value = at.as_string()
    return value


def text_at(document: ColumnElement[Any], *path: str | int) -> ColumnElement[str]:
    """Return the text at a path of a document, which is NULL where the path leads nowhere."""
    text: ColumnElement[str] = document[path].as_string()
    return text


# --- writing JSON ---------------------------------------------------------------------------


class json_text(FunctionElement[str]):  # noqa: N801
    """A text as a JSON string, in quotes and escaped."""

    type = String()
    inherit_cache = True


@compiles(json_text, "sqlite")
def _json_quote(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_quote({compiler.process(element.clauses, **options)})"


@compiles(json_text, "postgresql")
def _to_json(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(to_json({compiler.process(element.clauses, **options)}) AS VARCHAR)"


class with_commas(FunctionElement[str]):  # noqa: N801
    """The texts of many rows joined by commas, in the order of a second expression.

    The rows have to come in that order too, which is the only way before SQLite 3.44.
    """

    type = String()
    inherit_cache = True


@compiles(with_commas, "sqlite")
def _group_concat(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    text, _order = element.clauses
    return f"group_concat({compiler.process(text, **options)}, ',')"


@compiles(with_commas, "postgresql")
def _string_agg(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    text, order = (compiler.process(clause, **options) for clause in element.clauses)
    return f"string_agg({text}, ',' ORDER BY {order})"
