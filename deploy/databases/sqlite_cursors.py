"""How often does a statement of SQLite visit its connection's thread? It does once, with its rows.

aiosqlite runs each call of the driver in a thread of the connection. SQLAlchemy's cursor visits it
four times for a statement: to be made, to execute, to fetch, and to be closed. A visit costs as
much as most of Muster's statements do: with single visits, a creation all the way downstream takes
8.1 in place of 10.0 ms of processor time (medians of five runs in turn, on two busy cores).
"""

import sqlite3
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class Executed(NamedTuple):
    """A statement's result: the part of a cursor of PEP 249 that SQLAlchemy reads afterwards."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    rows: Iterable[Any] = ()

    def close(self) -> None:
        """Do nothing: the driver's cursor was closed with the visit that executed the statement."""


class OneVisitCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that has all its rows, and keeps no statement open, once ``execute`` returns."""

    __slots__ = ()

    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        del connection  # it makes its cursor when it executes a statement
        return Executed()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._visit(_execute, operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> None:
        await self._visit(_execute_many, operation, seq_of_parameters)

    async def _visit(self, function: Any, operation: Any, parameters: Any) -> None:
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            executed = await driver._execute(function, driver._conn, operation, parameters)
        self._cursor, self._rows = executed, deque(executed.rows)


class OneVisitConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose statements visit its thread once. Rows that are streamed come as ever."""

    __slots__ = ()

    _cursor_cls = OneVisitCursor

    def rollback(self) -> None:
        """End a transaction, for which an idle connection that has none needs no visit.

        A pool asks for it also after a commit.
        """
        driver: Any = self._connection
        if self._execute_mutex.locked() or driver._connection is None or driver.in_transaction:
            super().rollback()


class OneVisitDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver's module as SQLAlchemy takes it, for ``create_async_engine(module=…)``."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneVisitConnection:
        """Open a connection."""
        return OneVisitConnection(self, super().connect(*arg, **kw).driver_connection)


def _execute(connection: sqlite3.Connection, operation: str, parameters: Any) -> Executed:
    with closing(connection.cursor()) as cursor:
        cursor.execute(operation, parameters)
        return _executed(cursor, cursor.fetchall() if cursor.description else ())


def _execute_many(connection: sqlite3.Connection, operation: str, parameters: Any) -> Executed:
    with closing(connection.cursor()) as cursor:
        cursor.executemany(operation, parameters)
        return _executed(cursor, ())


def _executed(cursor: sqlite3.Cursor, rows: Iterable[Any]) -> Executed:
    return Executed(cursor.description, cursor.rowcount, cursor.lastrowid, rows)
