"""How often does a request wait for its database? Each statement that is sent is a round trip.

A statement is prepared when a session runs it for the first time, which is not counted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from api.directory.dialects import DirectoryDatabase


@asynccontextmanager
async def round_trips_to(database: DirectoryDatabase) -> AsyncIterator[list[str]]:
    """Yield the list of statements that are sent while the context lasts, BEGIN and COMMIT too.

    SQLAlchemy tells of statements that it runs, prepared by itself, and the driver of all others.
    """
    sent: list[str] = []
    sessions: set[Any] = set()

    def note_driver(record: Any) -> None:
        sent.append(record.query)

    def note_sqlalchemy(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    def watch(connection: Any, _record: object, _proxy: object) -> None:
        if database.has_one_writer:  # SQLite's driver has nothing to tell
            return
        connection.driver_connection.add_query_logger(note_driver)
        sessions.add(connection.driver_connection)

    engines = [engine.sync_engine for engine in database.engines]
    listeners: dict[str, Callable[..., None]] = {
        "checkout": watch,
        "after_cursor_execute": note_sqlalchemy,
    }
    for engine in engines:
        for name, listener in listeners.items():
            event.listen(engine, name, listener)
    try:
        yield sent
        await asyncio.sleep(0)  # the driver tells its loggers a moment later
    finally:
        for engine in engines:
            for name, listener in listeners.items():
                event.remove(engine, name, listener)
        for session in sessions:
            session.remove_query_logger(note_driver)
