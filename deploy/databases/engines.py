"""How is a database opened? Engines for either one, with what durability asks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, NullPool, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.addresses import Addresses
from deploy.database_urls import async_url, servers_of
from deploy.databases.files import DatabaseFile, watch
from deploy.databases.postgres_sessions import COMMAND_SECONDS, Connector

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for each other
    "PRAGMA synchronous = FULL",  # what was acknowledged survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",  # milliseconds; another process (the command line) may write
)

SEARCH_STATEMENTS = 100
"""Short searches whose translation is kept."""


def open_engines(text: str, *, patient: bool = False) -> tuple[AsyncEngine, AsyncEngine]:
    """Open a database for reading and for writing.

    On SQLite the second has a single connection: writers of this process queue up in order
    instead of polling for the file's lock. On PostgreSQL what only reads asks for no transaction:
    each statement sees what is committed by then, as it would inside one. And it has connections of
    its own, so that it never waits for writers who wait for each other.

    :param patient: whether statements may take any time. Those of a server may not: somebody waits.
    """
    url = async_url(text)
    return _reading_and_writing(url, _file_of(url), _connector(url), patient=patient)


def open_directory_engines(
    text: str, searches: int, *, patient: bool = False
) -> tuple[AsyncEngine, AsyncEngine, AsyncEngine]:
    """Open a directory for reading, for writing, and for searches.

    Searches are apart from what is short and frequent, and no statement is kept that was asked
    once: a connection of PostgreSQL would hold a hundred of them, with their plans.

    :param searches: how many there are at once.
    :param patient: whether statements may take any time.
    """
    url = async_url(text)
    file, connector = _file_of(url), _connector(url)
    pool = {"pool_size": searches, "max_overflow": 0, "query_cache_size": SEARCH_STATEMENTS}
    if file is not None:
        searching = _sqlite(url, file, begin="BEGIN", **pool)
    else:
        uncached = url.update_query_dict({"prepared_statement_cache_size": "0"})
        searching = _postgres(
            uncached, connector, patient=patient, isolation_level="AUTOCOMMIT", **pool
        )
    return (*_reading_and_writing(url, file, connector, patient=patient), searching)


@asynccontextmanager
async def patiently(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """Give an engine on the same database of PostgreSQL whose statements may take any time."""
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
    """Return what connects to a database; which address failed is known to all of it."""
    servers = servers_of(url)
    return Connector(Addresses(servers) if servers else None)


def _file_of(url: URL) -> DatabaseFile | None:
    """Return the file of a SQLite database, with a folder to lie in; None for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    assert url.database, "async_url takes no other"
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    return DatabaseFile(path)


def _postgres(url: URL, connector: Connector, *, patient: bool, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url,
        **options,
        hide_parameters=True,  # an error that escapes must not quote them
        connect_args={
            "async_creator_fn": connector.begin,
            "command_timeout": None if patient else COMMAND_SECONDS,
        },
    )
    return connector.watch(engine)


def _sqlite(url: URL, file: DatabaseFile, *, begin: str, **pool: int) -> AsyncEngine:
    """Open SQLite with transactions that begin as we say, not as its driver would."""
    engine = create_async_engine(url, pool_timeout=60, hide_parameters=True, **pool)

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

    watch(engine.sync_engine, file)
    return engine
