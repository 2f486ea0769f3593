"""Which retries happen? In place with jitter, then the delayed tiers; pausing while the database is away.

Nothing else on the worker's side repeats anything.
"""

import asyncio
from enum import StrEnum

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential_jitter,
    wait_random_exponential,
)

from contracts.topology import RETRY_DELAYS
from worker.database import DownstreamDatabase

LOG = structlog.get_logger(__name__)

QUICK_TRIES = 4
"""In place: enough for a deadlock or a race, over before a leaver notices."""

LONGEST_QUICK_PAUSE = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 15.0
"""Seconds; the latter two while something that everybody needs is away."""

PROBE_SECONDS = 15
"""How long a probe may take; longer than SQLite waits for another process's lock."""

TRANSIENT_SQLSTATES = ("08", "40", "53", "55", "57", "58", "25P03", "23505")
"""PostgreSQL's classes and codes: connection, rollback (deadlock, serialisation), resources,
locks, operators (shutdown, cancelled by a timeout), system; idle in a transaction for too long;
and a unique violation, which is a race that planning again decides."""

TRANSIENT_SQLITE_ERRORS = (
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_IOERR",
    "SQLITE_FULL",
    "SQLITE_CANTOPEN",
    "SQLITE_PROTOCOL",
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_PRIMARYKEY",
)


class FailureKind(StrEnum):
    """How a failure is grouped."""

    EXHAUSTED = "exhausted"
    PERMANENT = "permanent"


def is_transient(error: BaseException) -> bool:
    """Say whether trying again may help: it was about the database's state, not about the event."""
    match error:
        case DBAPIError():
            return error.connection_invalidated or _has_transient_code(error.orig)
        case OSError() | PoolTimeoutError():
            return True
        case _:
            return _has_transient_code(error)


def delay_after(attempts: int) -> int | None:
    """Return the seconds to wait after so many earlier tries, or None after the last tier."""
    return RETRY_DELAYS[attempts] if attempts < len(RETRY_DELAYS) else None


def quickly() -> AsyncRetrying:
    """Return what tries a transaction a few times in place."""
    return AsyncRetrying(
        retry=retry_if_exception(is_transient),
        stop=stop_after_attempt(QUICK_TRIES),
        wait=wait_random_exponential(multiplier=0.05, max=LONGEST_QUICK_PAUSE),
        reraise=True,
    )


def until_stopped(stop: asyncio.Event) -> AsyncRetrying:
    """Return what repeats a call until it succeeds; a stop ends it with the last error."""
    return AsyncRetrying(
        wait=wait_exponential_jitter(initial=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE),
        stop=stop_when_event_set(stop),  # type: ignore[arg-type]  # asks is_set(), as asyncio's has
        sleep=lambda seconds: pause(seconds, stop),
        before_sleep=_say_once,
        reraise=True,
    )


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """Wait, but not longer than until the stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def probe(database: DownstreamDatabase) -> None:
    """Open a transaction as a batch would; raise what is in its way."""
    async with asyncio.timeout(PROBE_SECONDS), database.write() as db:
        await db.execute(text("SELECT 1"))


def _has_transient_code(error: BaseException | None) -> bool:
    sqlstate = getattr(error, "sqlstate", None) or ""
    sqlite_name = getattr(error, "sqlite_errorname", None) or ""
    return sqlstate.startswith(TRANSIENT_SQLSTATES) or sqlite_name.startswith(
        TRANSIENT_SQLITE_ERRORS
    )


def _say_once(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if state.attempt_number == 1:
        LOG.warning("waiting_until_it_works", error=type(error).__name__)
