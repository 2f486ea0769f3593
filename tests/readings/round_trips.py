"""How often does a request wait for its database? Each statement that is sent is a round trip.

A statement is prepared when a session runs it for the first time, which is not counted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import Engine, event

from api.directory.dialects import DirectoryDatabase


@asynccontextmanager
async def round_trips_to(database: DirectoryDatabase) -> AsyncIterator[list[str]]:
    """Yield the list of statements that are sent while the context lasts, BEGIN and COMMIT too."""
    sent: list[str] = []
    follow = _follow_sqlite if database.has_one_writer else _follow_postgres
    async with follow([it.sync_engine for it in database.engines], sent):
        yield sent


@asynccontextmanager
async def _follow_sqlite(engines: Sequence[Engine], sent: list[str]) -> AsyncIterator[None]:
    """SQLite tells of each statement, and twice of one that returns rows of what it wrote."""
    sessions: set[Any] = set()

    def note(statement: str) -> None:
        if statement not in sent[-1:]:
            sent.append(statement)

    def watch(connection: Any, _record: object, _proxy: object) -> None:
        sessions.add(connection.driver_connection)
        connection.run_async(lambda it: it.set_trace_callback(note))

    with _listening(engines, {"checkout": watch}):
        yield
    for session in sessions:
        await session.set_trace_callback(None)


@asynccontextmanager
async def _follow_postgres(engines: Sequence[Engine], sent: list[str]) -> AsyncIterator[None]:
    """SQLAlchemy tells of statements that it runs, prepared by itself, the driver of all others."""
    sessions: set[Any] = set()

    def note_driver(record: Any) -> None:
        sent.append(record.query)

    def note_sqlalchemy(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    def watch(connection: Any, _record: object, _proxy: object) -> None:
        sessions.add(connection.driver_connection)
        connection.driver_connection.add_query_logger(note_driver)

    with _listening(engines, {"checkout": watch, "after_cursor_execute": note_sqlalchemy}):
        yield
        await asyncio.sleep(0)  # the driver tells its loggers a moment later
    for session in sessions:
        session.remove_query_logger(note_driver)


@contextmanager
def _listening(
    engines: Sequence[Engine], listeners: Mapping[str, Callable[..., None]]
) -> Iterator[None]:
    for engine in engines:
        for name, listener in listeners.items():
            event.listen(engine, name, listener)
    try:
        yield
    finally:
        for engine in engines:
            for name, listener in listeners.items():
                event.remove(engine, name, listener)
