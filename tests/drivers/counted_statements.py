"""How many statements does something take? They are counted on both sides."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import event

from deploy.databases.open_databases import Databases


@contextmanager
def counted_statements(databases: Databases) -> Iterator[list[str]]:
    """Give a list to which each statement is added that either side runs meanwhile."""
    seen: list[str] = []

    def note(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    directory, downstream = databases.directory, databases.downstream
    engines = {
        id(engine): engine.sync_engine
        for engine in (directory.reading, directory.writing, downstream.reading, downstream.writing)
    }
    with ExitStack() as listening:
        for engine in engines.values():
            event.listen(engine, "before_cursor_execute", note)
            listening.callback(event.remove, engine, "before_cursor_execute", note)
        yield seen
