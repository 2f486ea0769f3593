"""How is a statement run that every request needs? The driver itself runs it.

Its session is one of SQLAlchemy's pool. Measured in turns on PostgreSQL, the statement of a look-up
takes 0.17 ms of the processor in place of 0.40 by SQLAlchemy, and 0.16 in a pool of the driver's
own. On SQLite a statement is one visit to the thread of its connection, in place of four.
``tests/integration/api/directory/test_hot_statements.py`` holds errors to those of SQLAlchemy.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import BindParameter, Connection, Dialect, PoolProxiedConnection, RowMapping
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.util import greenlet_spawn

Row = Mapping[str, Any] | RowMapping
Run = Callable[..., Awaitable[Sequence[Row]]]
"""Runs a statement with its parameters, and returns its rows."""

DIALECTS: Mapping[str, Dialect] = {
    "postgresql": PGDialect_asyncpg(),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect_aiosqlite(),
}


@dataclass(frozen=True, slots=True)
class HotStatement:
    """The text of a statement, with the names of its parameters in order.

    ``constants`` are the parameters that the statement brings itself, and ``columns`` the names of
    its rows' columns.
    """

    text: str
    names: Sequence[str]
    constants: Mapping[str, Any]
    columns: Sequence[str] = ()

    @classmethod
    def of(cls, statement: ClauseElement, dialect: str) -> "HotStatement":
        """Compile a statement, once for all."""
        compiled: Any = statement.compile(dialect=DIALECTS[dialect])
        constants = {name: _sent(it, dialect) for name, it in compiled.binds.items()}
        columns = [str(column.key) for column in getattr(statement, "exported_columns", ())]
        return cls(str(compiled), compiled.positiontup, constants, columns)

    def arguments(self, given: Mapping[str, Any]) -> Sequence[Any]:
        """Return the parameters in order."""
        return [given[it] if it in given else self.constants[it] for it in self.names]


def _sent(parameter: BindParameter[Any], dialect: str) -> Any:
    """Return the value of a parameter as its driver takes it."""
    of = DIALECTS[dialect]
    process = parameter.type.dialect_impl(of).bind_processor(of)
    return process(parameter.value) if process and parameter.value is not None else parameter.value


async def run_hot(engine: AsyncEngine, statement: HotStatement, **given: Any) -> Sequence[Row]:
    """Run a statement of PostgreSQL in one round trip, and return its rows.

    :param engine: has sessions that commit every statement.
    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    async with on_postgres(engine) as run:
        return await run(statement, **given)


@asynccontextmanager
async def on_postgres(engine: AsyncEngine) -> AsyncIterator[Run]:
    """Yield a function that runs statements of PostgreSQL in one session, a round trip for each.

    :param engine: has sessions that commit every statement.
    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    session = await engine.raw_connection()
    driver: Any = session.driver_connection

    async def run(statement: HotStatement, **given: Any) -> Sequence[Row]:
        rows: Sequence[Row] = await driver.fetch(statement.text, *statement.arguments(given))
        return rows

    try:
        yield run
    except BaseException as error:  # noqa: BLE001 - it is raised again
        await greenlet_spawn(_end_failed, session, engine, error)
    session.close()  # without a transaction in it, it returns to its pool without waiting


async def run_within(db: AsyncConnection, statement: HotStatement, **given: Any) -> Sequence[Row]:
    """Run a statement in a session that is in use already, and return its rows.

    :param db: a connection that has not begun a transaction by itself.
    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    session = await db.get_raw_connection()
    driver: Any = session.driver_connection
    arguments = statement.arguments(given)
    try:
        if db.dialect.name == "postgresql":
            rows: Sequence[Row] = await driver.fetch(statement.text, *arguments)
            return rows
        return _named(statement, await driver.execute_fetchall(statement.text, arguments))
    except BaseException as error:  # noqa: BLE001 - it is raised again
        return await db.run_sync(_raise_again, error)


@asynccontextmanager
async def on_sqlite(engine: AsyncEngine, begin: str | None = None) -> AsyncIterator[Run]:
    """Yield a function that runs statements in one session of SQLite.

    :param begin: the statement that begins a transaction, which is committed at the end.
    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    session = await engine.raw_connection()
    driver: Any = session.driver_connection

    async def run(statement: HotStatement, **given: Any) -> Sequence[Row]:
        arguments = statement.arguments(given)
        return _named(statement, await driver.execute_fetchall(statement.text, arguments))

    def end() -> None:
        if begin:
            engine.dialect.do_commit(session.dbapi_connection)  # type: ignore[arg-type]
        session.close()

    try:
        if begin:
            await driver.execute_fetchall(begin)
        yield run
        await greenlet_spawn(end)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        await greenlet_spawn(_end_failed, session, engine, error)


def _named(statement: HotStatement, rows: Iterable[Sequence[Any]]) -> Sequence[Row]:
    """Return the rows of SQLite by the names of the columns."""
    return [dict(zip(statement.columns, row, strict=True)) for row in rows]


def _raise_again(connection: Connection, error: BaseException) -> NoReturn:
    """Raise an error of the driver as SQLAlchemy does, which also ends a session that is lost."""
    adapted: Any = connection.connection.dbapi_connection
    try:
        adapted._handle_exception(error)  # noqa: SLF001
    except BaseException as translated:  # noqa: BLE001 - it is raised again
        connection._handle_dbapi_exception(translated, None, None, None, None)  # noqa: SLF001
    raise AssertionError("an error is raised") from error


def _end_failed(
    session: PoolProxiedConnection, engine: AsyncEngine, error: BaseException
) -> NoReturn:
    """Give a session back, and raise an error of the driver as SQLAlchemy does.

    So it reaches all listeners to errors, and has the type by which retries tell them. SQLAlchemy
    has no public function for that, and raises other errors than a database's, such as a time-out,
    out of the ``except`` from which its function is called.
    """
    adapted: Any = session.dbapi_connection
    is_lost = engine.dialect.name == "postgresql" and adapted.driver_connection.is_closed()
    try:
        adapted._handle_exception(error)  # noqa: SLF001
    except BaseException as translated:  # noqa: BLE001 - it is raised again
        (session.invalidate if is_lost else session.close)()
        Connection._handle_dbapi_exception_noconnection(  # noqa: SLF001
            translated, engine.dialect, engine.sync_engine, is_disconnect=is_lost
        )
    raise AssertionError("an error is raised") from error
