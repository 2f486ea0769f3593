"""Which databases does a process open? It opens those that it needs, and closes them at its end."""

import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

from asyncpg import (
    DuplicatePreparedStatementError,
    InsufficientPrivilegeError,
    InterfaceError,
    InvalidAuthorizationSpecificationError,
    InvalidCatalogNameError,
    InvalidSQLStatementNameError,
    PostgresConnectionError,
    PostgresError,
    TooManyConnectionsError,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory.dialects import DirectoryDatabase
from contracts.secure_connections.problems import ConnectionProblem
from deploy.databases.engines import open_directory_engines, open_engines
from deploy.databases.files import DatabaseFileLost, DatabaseFileMissing
from deploy.databases.postgres_sessions import NoServerTakesWrites
from deploy.databases.shared_sessions import SessionsAreShared, refuse_shared_sessions
from deploy.errors import DeployError
from deploy.settings import ServerSetting, Settings
from worker.dialects import DownstreamDatabase

EnginesT = TypeVar("EnginesT", bound=tuple[AsyncEngine, ...])


@dataclass(frozen=True, slots=True)
class Databases:
    """The directory and downstream, which may be one database or two."""

    directory: DirectoryDatabase
    downstream: DownstreamDatabase


class UnusableDatabase(DeployError):
    """A database cannot be opened. The text names the setting, and files and hosts in its value."""

    def __init__(self, setting: str, error: BaseException) -> None:
        name = f"MUSTER_{setting.upper()}"
        super().__init__(f"the database of {name} cannot be used: {_problem(error)}")


def _problem(error: BaseException) -> str:
    """Return the reason in words of our own, because the driver's texts quote users and names."""
    cause = cause_of(error)
    if isinstance(cause, ConnectionProblem | DatabaseFileLost | DatabaseFileMissing):
        return str(cause)
    return trouble_of(cause) or type(cause).__name__


class Trouble(StrEnum):
    """The reasons why a server cannot be used, in words that follow a colon."""

    NOTHING_ANSWERS = "nothing answers there"
    NO_HOST = "there is no host of that name"
    NO_ANSWER_IN_TIME = "no answer comes in time"
    NO_WRITER = "none of its servers that answer takes writes"
    NO_DATABASE = "the server has no database of that name; make it first"
    REFUSED_USER = "the server refuses that user or password"
    REFUSED_CERTIFICATE = "the server wants a certificate of the client that is good for that user"
    NOT_ALLOWED = "that user may not connect to that database"
    NO_SESSION_LEFT = "the server has no session left for that user"
    NOT_POSTGRES = "the server there speaks something else than PostgreSQL, or hangs up"
    SHARED_SESSIONS = (
        "a pooler gives each transaction another session of the server; it has to pool sessions"
        " (pool_mode = session)"
    )
    NO_TLS = "no encrypted session comes about: see sslmode, and the server's certificate"


def cause_of(error: BaseException) -> BaseException:
    """Return the error of the driver, or of the system, that SQLAlchemy's error wraps."""
    adapted = getattr(error, "orig", None)
    return (adapted and adapted.__cause__) or adapted or error


TROUBLES: Sequence[tuple[type[BaseException], Trouble]] = (
    (ConnectionRefusedError, Trouble.NOTHING_ANSWERS),
    (socket.gaierror, Trouble.NO_HOST),
    (ssl.SSLError, Trouble.NO_TLS),
    (NoServerTakesWrites, Trouble.NO_WRITER),
    (SessionsAreShared, Trouble.SHARED_SESSIONS),
    # The driver has prepared a statement in one session of the server, and uses it in another.
    (DuplicatePreparedStatementError, Trouble.SHARED_SESSIONS),
    (InvalidSQLStatementNameError, Trouble.SHARED_SESSIONS),
    (InvalidCatalogNameError, Trouble.NO_DATABASE),
    (InvalidAuthorizationSpecificationError, Trouble.REFUSED_USER),
    (InsufficientPrivilegeError, Trouble.NOT_ALLOWED),
    (TooManyConnectionsError, Trouble.NO_SESSION_LEFT),
    (TimeoutError, Trouble.NO_ANSWER_IN_TIME),
    (ConnectionError, Trouble.NOT_POSTGRES),
    (PostgresConnectionError, Trouble.NOT_POSTGRES),
)
"""Errors and what they mean; of several that fit, the first one counts."""


def trouble_of(cause: BaseException) -> Trouble | None:
    """Return the reason why a session has not come about; None for an error of another kind."""
    if isinstance(cause, InvalidAuthorizationSpecificationError) and "certificate" in str(cause):
        return Trouble.REFUSED_CERTIFICATE
    return next((trouble for kind, trouble in TROUBLES if isinstance(cause, kind)), None)


@asynccontextmanager
async def open_databases(
    settings: Settings, *, patient: bool = False, makes: bool = True
) -> AsyncIterator[Databases]:
    """Open both databases.

    :param patient: whether statements may take any time, as those of operators may.
    :param makes: whether missing SQLite files are created.
    :raises UnusableDatabase: when one of them cannot be reached, naming its setting.
    """
    async with (
        open_directory(settings, patient=patient, makes=makes) as directory,
        open_downstream(settings, patient=patient, makes=makes) as downstream,
    ):
        yield Databases(directory, downstream)


@asynccontextmanager
async def open_directory(
    settings: Settings, *, patient: bool = False, makes: bool = True
) -> AsyncIterator[DirectoryDatabase]:
    """Open the api's database, which is all that the api and the relay need.

    :param patient: as in ``open_databases``.
    :param makes: as in ``open_databases``.
    :raises UnusableDatabase: when it cannot be reached.
    """
    searches = settings.share_sizes.searches
    opening = partial(open_directory_engines, searches=searches, patient=patient, makes=makes)
    async with _engines("directory_database_url", settings, opening) as engines:
        yield DirectoryDatabase(*engines)


@asynccontextmanager
async def open_downstream(
    settings: Settings, *, patient: bool = False, makes: bool = True
) -> AsyncIterator[DownstreamDatabase]:
    """Open the worker's database, which is all that the worker needs.

    :param patient: as in ``open_databases``.
    :param makes: as in ``open_databases``.
    :raises UnusableDatabase: when it cannot be reached.
    """
    opening = partial(open_engines, patient=patient, makes=makes)
    async with _engines("downstream_database_url", settings, opening) as engines:
        yield DownstreamDatabase(*engines)


@asynccontextmanager
async def open_downstream_lazily(settings: Settings) -> AsyncIterator[DownstreamDatabase]:
    """Open the worker's database without connecting yet, for callers that cope with its absence."""
    reading, writing = open_engines(settings.access_by("downstream_database_url"))
    try:
        yield DownstreamDatabase(reading, writing)
    finally:
        await reading.dispose()
        await writing.dispose()


@asynccontextmanager
async def _engines(
    setting: ServerSetting, settings: Settings, open_: Callable[[str], EnginesT]
) -> AsyncIterator[EnginesT]:
    try:
        engines = open_(settings.access_by(setting))
    except OSError as error:
        raise UnusableDatabase(setting, error) from None
    try:
        await _reach(setting, engines[0])
        yield engines
    finally:
        for engine in engines:
            await engine.dispose()


async def _reach(setting: str, engine: AsyncEngine) -> None:
    try:
        await refuse_shared_sessions(engine)
    except (OSError, SQLAlchemyError, PostgresError, InterfaceError) as error:
        raise UnusableDatabase(setting, error) from None
