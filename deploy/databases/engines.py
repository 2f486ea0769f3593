"""How is a database opened? Engines of SQLAlchemy are made, with the options for durability."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.addresses import Addresses
from deploy.database_urls import async_url, servers_of
from deploy.databases.files import DatabaseFile, refuse_other_files
from deploy.databases.logins import Login
from deploy.databases.postgres_sessions import (
    COMMAND_SECONDS,
    HOT_SETTINGS,
    NO_SETTINGS,
    SEARCH_SETTINGS,
    Connector,
)
from deploy.databases.sqlite_cursors import OneVisitDriver

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = FULL",  # acknowledged changes survive a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",  # milliseconds; another process (the command line) may write
)

SEARCH_STATEMENTS = 100
"""The number of short searches whose compiled SQL is kept."""

HOT_SESSIONS = 4
"""Sessions for hot statements, of which a process runs one of each kind at a time: look-ups by id,
look-ups by userName, creations and changes."""


def open_engines(
    text: str, *, patient: bool = False, makes: bool = True
) -> tuple[AsyncEngine, AsyncEngine]:
    """Open a database, and return an engine for reading and an engine for writing.

    On SQLite the engine for writing has a single connection: writers of this process queue up in
    order instead of polling for the file's lock. On PostgreSQL reads run outside of transactions:
    each statement sees all that is committed at its start, as it would inside a transaction. Reads
    have connections of their own, and never wait for writers that wait for each other.

    :param patient: whether statements may take any time. In a server a client waits for them.
    :param makes: whether a missing SQLite file is created.
    """
    url = async_url(text)
    return _reading_and_writing(url, _file_of(url, makes=makes), _connector(url), patient=patient)


def open_directory_engines(
    text: str, searches: int, *, patient: bool = False, makes: bool = True
) -> tuple[AsyncEngine, ...]:
    """Open a directory, and return engines for reading, for writing, for searches, and hot ones.

    Searches are kept apart from short and frequent statements. Their statements are not kept
    prepared: a connection of PostgreSQL would hold a hundred of them, with their plans, and each is
    asked once. Only that of a page of all users is, which the driver runs itself.

    The hot engine is for single statements that many requests share, writing ones too, and that
    wait only briefly for a lock. On SQLite, which has no such locks, it is the one for writing.

    :param searches: the number of searches that may run at once.
    :param patient: whether statements may take any time.
    :param makes: whether a missing SQLite file is created.
    """
    url = async_url(text)
    file, connector = _file_of(url, makes=makes), _connector(url)
    pool: dict[str, Any] = {
        "pool_size": searches,
        "max_overflow": 0,
        "query_cache_size": SEARCH_STATEMENTS,
    }
    both = _reading_and_writing(url, file, connector, patient=patient)
    if file is not None:
        return (*both, _sqlite(url, file, begin="BEGIN", **pool), both[1])
    uncached = url.update_query_dict({"prepared_statement_cache_size": "0"})
    postgres = partial(_postgres, patient=patient, isolation_level="AUTOCOMMIT")
    return (
        *both,
        postgres(uncached, connector, SEARCH_SETTINGS, **pool),
        # Its sessions have no transactions that could be left open when they are returned.
        postgres(
            url,
            connector,
            HOT_SETTINGS,
            pool_size=HOT_SESSIONS,
            max_overflow=0,
            pool_reset_on_return=None,
        ),
    )


@asynccontextmanager
async def patient_engine(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Open an engine on the same PostgreSQL database whose statements may take any time."""
    patient = _postgres(engine.url, _connector(engine.url), patient=True, poolclass=NullPool)
    try:
        yield patient
    finally:
        await patient.dispose()


def _reading_and_writing(
    url: URL, file: DatabaseFile | None, connector: Connector, *, patient: bool
) -> tuple[AsyncEngine, AsyncEngine]:
    if file is None:
        postgres = partial(_postgres, url, connector, patient=patient)
        return (
            postgres(pool_size=5, max_overflow=0, isolation_level="AUTOCOMMIT"),
            postgres(pool_size=10, max_overflow=5),
        )
    return (
        _sqlite(url, file, begin="BEGIN", pool_size=4, max_overflow=0),
        _sqlite(url, file, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0),
    )


def _connector(url: URL) -> Connector:
    """Return the connector of a database. All its pools share which addresses have failed."""
    servers = servers_of(url)
    return Connector(Addresses(servers) if servers else None, Login(url))


def _file_of(url: URL, *, makes: bool) -> DatabaseFile | None:
    """Return the file of a SQLite database, whose folder is made with it; None for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    assert url.database, "async_url takes no other"
    path = Path(url.database)
    if makes:
        path.parent.mkdir(parents=True, exist_ok=True)
    return DatabaseFile(path, makes=makes)


def _postgres(
    url: URL,
    connector: Connector,
    further: Mapping[str, str] = NO_SETTINGS,
    *,
    patient: bool,
    **options: Any,
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        **options,
        hide_parameters=True,  # an error that escapes must not quote them
        connect_args={
            "async_creator_fn": connector.open_session,
            "command_timeout": None if patient else COMMAND_SECONDS,
            "further": further,
        },
    )
    return connector.attach_to(engine)


def _sqlite(url: URL, file: DatabaseFile, *, begin: str, **pool: int) -> AsyncEngine:
    """Open SQLite with transactions that begin with this statement, not with the driver's."""
    engine = create_async_engine(
        url, module=OneVisitDriver(), pool_timeout=60, hide_parameters=True, **pool
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.execute("PRAGMA schema_version")  # by which SQLite opens its -wal file as well
        cursor.fetchall()
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine.sync_engine, "invalidate")
    def _give_lock_back(connection: Any, _record: object, _error: object) -> None:
        """Roll back before a connection is closed, as after its task was cancelled.

        SQLite closes a connection for good with its last statement. That of a cancelled task lives
        until the garbage collector comes, and its transaction would lock the file until then.
        """
        with suppress(sqlite3.Error, ValueError):  # the latter where it is closed already
            connection.run_async(lambda driver: asyncio.shield(driver.rollback()))

    refuse_other_files(engine.sync_engine, file)
    return engine
