"""Where do the two databases differ for the directory? Here, and nowhere else on the api's side."""

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
"""The largest integer that both databases keep."""

LOCK_MILLISECONDS = 50
"""How long a transaction that many share waits for a lock: a few times what a write takes."""

OLDEST_TRANSACTION = """
SELECT CAST(extract(epoch FROM min(xact_start)) * 1000000 AS bigint) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class DirectoryDatabase:
    """The directory's database, for reading and for writing.

    On SQLite ``writing`` has one connection, so that writers queue up in order instead of polling
    for the lock; on PostgreSQL both are the same engine. ``searching`` is for what takes long and
    is asked once, so that what is short never waits for it; where there is none, it is ``reading``.
    """

    reading: AsyncEngine
    writing: AsyncEngine
    searching: AsyncEngine | None = None

    @property
    def has_one_writer(self) -> bool:
        """Say whether transactions that write come one after the other."""
        return self.writing.dialect.name == "sqlite"

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for statements that change nothing."""
        return self.reading.connect()

    def search(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for a search."""
        return (self.searching or self.reading).connect()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection whose statements all see the same moment. SQLite's always do."""
        async with self.read() as db:
            if db.dialect.name == "postgresql":
                await db.execution_options(isolation_level="REPEATABLE READ")
            yield db

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction: committed at the end, rolled back by an exception."""
        return self.writing.begin()


def insert_for(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def interrupt(db: AsyncConnection) -> None:
    """End the statement that runs on a SQLite connection; its driver cannot by itself.

    On PostgreSQL, the driver ends the statement of a task that is cancelled.
    """
    if db.dialect.name == "sqlite" and not (db.closed or db.invalidated):
        connection: Any = (await db.get_raw_connection()).driver_connection
        await connection.interrupt()


async def wait_briefly(db: AsyncConnection) -> None:
    """Let a transaction wait for each lock no longer than others can wait for it.

    SQLite has no locks to wait for within a transaction.
    """
    if db.dialect.name == "postgresql":
        await db.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")


async def oldest_transaction(db: AsyncConnection) -> int | None:
    """Return when the oldest transaction of others began (microseconds, by the database's clock).

    On SQLite there is none: writers come one after the other. On PostgreSQL those of other roles
    are not seen.
    """
    if db.dialect.name != "postgresql":
        return None
    began: int | None = await db.scalar(text(OLDEST_TRANSACTION))
    return began


# --- text -----------------------------------------------------------------------------------


class in_code_points(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it is
    """A text that compares and sorts by code points, as Python's strings do."""

    type = String()
    inherit_cache = True


@compiles(in_code_points, "sqlite")
def _binary(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(in_code_points, "postgresql")
def _collate_c(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)} COLLATE "C")'


class position_of(FunctionElement[int]):  # noqa: N801
    """Where a text first holds another, from 1; 0 where it does not."""

    inherit_cache = True


@compiles(position_of, "sqlite")
def _instr(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(position_of, "postgresql")
def _strpos(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


# --- sets of ids ----------------------------------------------------------------------------


class is_among(FunctionElement[bool]):  # noqa: N801
    """Whether a column holds one of the values that a select gives; each is looked up by index.

    Where PostgreSQL is given a join instead, it chooses by its statistics, and they know nothing of
    a group that was pushed a moment ago: it then compares every member with every value.
    """

    # Of a Boolean, SQLite would be asked whether it is 1, and use no index.
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
    """Where the row of a column lies, for the statement that asks and for no later one.

    PostgreSQL takes a condition on the second column of an index for a filter if its statistics
    promise few rows by the first one, and compares each row with each value. A place is looked up.
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


# --- documents ------------------------------------------------------------------------------


class _entries(FunctionElement[Any]):  # noqa: N801
    """The objects of a JSON array, one row each.

    It is given the array, the document it is in and its path there: SQLite would take an array
    that is missing for one with an empty entry.
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
    """Return an array of objects, written as JSON, as a table with columns of these types.

    So any number of rows is one parameter of one statement, which is prepared once for all. It is
    no common table expression: Python's sqlite3 counts no rows of statements that begin with one.
    """
    if dialect == "postgresql":
        typed = [column(str(it.key), it.type) for it in columns]
        objects = func.json_to_recordset(cast(text, JSON)).table_valued(*typed)
        return objects.render_derived(name="named", with_types=True)
    objects_ = func.json_each(text).table_valued(column("value", JSON))
    values = (_value_at(objects_.c.value, it).label(str(it.key)) for it in columns)
    return select(*values).subquery("named")


def _value_at(document: ColumnElement[Any], of: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a value of an object, of the type of a column."""
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
    """Return the text at a path of a document; NULL where there is none."""
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
    """The texts of many rows as one, with commas between, in the order of a second expression.

    The rows have to come in that order too: SQLite has no other way before version 3.44.
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
