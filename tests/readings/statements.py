"""What does a request or a batch ask of its database? Statements, and rows that come back."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from api.directory.dialects import DirectoryDatabase
from worker.dialects import DownstreamDatabase

OF_ITS_OWN = re.compile(r"BEGIN|COMMIT|ROLLBACK|.*\b(typeinfo_tree|jit)\b", re.DOTALL)
"""The statements of the driver that are no part of a batch."""


@dataclass(slots=True)
class Asked:
    """The statements that were executed, and how many rows were fetched."""

    statements: list[str] = field(default_factory=list)
    rows: int = 0

    @property
    def cost(self) -> tuple[int, int]:
        """Return the number of statements and of rows."""
        return len(self.statements), self.rows

    def without_token(self) -> "Asked":
        """Leave the token out, which is looked up earlier or later, or not if it is remembered."""
        others = [it for it in self.statements if not it.startswith("SELECT tokens.digest")]
        return Asked(others, self.rows - len(self.statements) + len(others))


@contextmanager
def asked_of(database: DirectoryDatabase | DownstreamDatabase) -> Iterator[Asked]:
    """Record what is asked of a database while the context lasts."""
    asked = Asked()

    def record(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("BEGIN"):  # of one driver alone
            return
        asked.statements.append(statement)
        asked.rows += len(cursor._rows)  # noqa: SLF001 - what the driver fetched, all at once

    engines = [database.reading, database.writing]
    if isinstance(database, DirectoryDatabase):
        engines = [*database.engines]
    for engine in engines:
        event.listen(engine.sync_engine, "after_cursor_execute", record)
    try:
        if isinstance(database, DownstreamDatabase):
            with _by_driver(database, asked):
                yield asked
        else:
            yield asked
    finally:
        for engine in engines:
            event.remove(engine.sync_engine, "after_cursor_execute", record)


@contextmanager
def _by_driver(database: DownstreamDatabase, asked: Asked) -> Iterator[None]:
    """Record the statements that the worker's driver is given past SQLAlchemy."""

    def record(query: Any) -> None:
        if not OF_ITS_OWN.match(query.query):
            asked.statements.append(query.query)

    def listen(connection: Any, *_rest: Any) -> None:
        connection.driver_connection.add_query_logger(record)

    def leave(connection: Any, *_rest: Any) -> None:
        connection.driver_connection.remove_query_logger(record)

    engines = [it.sync_engine for it in (database.reading, database.writing)]
    if engines[0].dialect.name != "postgresql":
        yield
        return
    for engine in engines:
        event.listen(engine, "checkout", listen)
        event.listen(engine, "checkin", leave)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "checkout", listen)
            event.remove(engine, "checkin", leave)
