"""How is a statement run that every batch needs? The driver itself runs it.

It runs in the transaction of SQLAlchemy, which runs all other statements of the batch before and
after it. On SQLite a statement is one visit to the thread of its connection, in place of four.
``tests/integration/worker/test_hot_statements.py`` holds errors to those of SQLAlchemy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import Delete, Dialect, Select, Update
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import greenlet_spawn

DIALECTS: Mapping[str, Dialect] = {
    "postgresql": PGDialect_asyncpg(),  # type: ignore[no-untyped-call]
    "sqlite": SQLiteDialect_aiosqlite(),
}

Kept = Select[Any] | Update | Delete


async def run_hot(
    db: AsyncConnection, text: str, parameters: Sequence[Any]
) -> Sequence[Sequence[Any]]:
    """Run a statement by the driver itself, and return its rows.

    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    assert db.sync_connection is not None, "the connection is open"
    adapted: Any = db.sync_connection.connection.dbapi_connection
    rows: Sequence[Sequence[Any]]
    try:
        if db.dialect.name != "postgresql":
            rows = await adapted.driver_connection.execute_fetchall(text, parameters)
            return rows
        if adapted._transaction is None:  # noqa: SLF001 - as before each statement of SQLAlchemy
            await adapted._start_transaction()  # noqa: SLF001
        rows = await adapted.driver_connection.fetch(text, *parameters)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        await greenlet_spawn(_fail, db, adapted, error, text)
    return rows


async def run_kept(
    db: AsyncConnection, statement: Kept, parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Run a statement that is compiled once, and return its rows as the driver has them.

    SQLAlchemy converts no value of the rows: SQLite's booleans are numbers.

    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    compiled = _compiled(statement, db.dialect.name)
    return await run_hot(db, compiled.text, compiled.arguments(parameters))


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text of a statement for a driver, with its parameters in order.

    ``constants`` are the parameters whose values the statement itself holds, and ``processors``
    convert values for the driver.
    """

    text: str
    names: Sequence[str]
    processors: Mapping[str, Callable[[Any], Any] | None]
    constants: Mapping[str, Any]

    def arguments(self, given: Mapping[str, Any]) -> Sequence[Any]:
        """Return the parameters in order."""
        return [self._sent(name, given) for name in self.names]

    def _sent(self, name: str, given: Mapping[str, Any]) -> Any:
        value = given[name] if name in given else self.constants[name]
        process = self.processors[name]
        return value if process is None or value is None else process(value)


@cache
def _compiled(statement: Kept, name: str) -> _Compiled:
    dialect = DIALECTS[name]
    compiled: Any = statement.compile(dialect=dialect)
    processors = {
        name: it.type.dialect_impl(dialect).bind_processor(dialect)
        for name, it in compiled.binds.items()
    }
    constants = {name: it.value for name, it in compiled.binds.items()}
    return _Compiled(str(compiled), compiled.positiontup or (), processors, constants)


def _fail(db: AsyncConnection, adapted: Any, error: BaseException, text: str) -> NoReturn:
    """Raise an error of the driver as SQLAlchemy does, which gives a lost session up.

    So the error reaches all listeners of SQLAlchemy's errors, and has the type that retries know.
    SQLAlchemy has no public function for that.
    """
    assert db.sync_connection is not None, "the connection is open"
    try:
        adapted._handle_exception(error)  # noqa: SLF001
    except BaseException as translated:  # noqa: BLE001 - it is raised again
        db.sync_connection._handle_dbapi_exception(  # noqa: SLF001
            translated, text, None, None, None
        )
    raise AssertionError("an error is raised") from error
