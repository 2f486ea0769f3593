"""What does a request or a batch ask of its database? Statements, and rows that come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from api.directory.dialects import DirectoryDatabase
from worker.dialects import DownstreamDatabase


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
        yield asked
    finally:
        for engine in engines:
            event.remove(engine.sync_engine, "after_cursor_execute", record)
