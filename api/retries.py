"""Which tries does the api's side repeat? The relay's, with growing pauses, until stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_when_event_set,
    wait_exponential_jitter,
    wait_random_exponential,
)

AskedP = ParamSpec("AskedP")
AnswerT = TypeVar("AnswerT")

LOG = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 15.0
"""Seconds between tries while the database or the publisher fails."""


REQUEST_TRIES, LONGEST_REQUEST_PAUSE = 4, 0.2
"""Tries of one request, and seconds between them; providers give up after a minute."""

LOST = {"40001", "40P01"}
"""PostgreSQL's serialisation failure and deadlock: nothing was done, so it can be done again."""

LOCKED = "55P03"
"""PostgreSQL's lock timeout."""

NOT_ACCEPTING = "55000"
"""PostgreSQL's answer while a database lets nobody in: it is being copied, or renamed."""

AWAY = ("08", "53", LOCKED, NOT_ACCEPTING, "57", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN")
"""How codes begin that say: not now. PostgreSQL's classes of connections, resources, operators
and its lock timeout; SQLite's locks."""


async def despite_conflicts(
    serve: Callable[AskedP, Awaitable[AnswerT]], *args: AskedP.args, **kwargs: AskedP.kwargs
) -> AnswerT:
    """Serve; where the transaction was rolled back in favour of another, again.

    At once first, and then after pauses.
    """
    try:
        return await serve(*args, **kwargs)
    except DBAPIError as error:
        if not is_conflict(error):
            raise
    again = AsyncRetrying(
        retry=retry_if_exception(is_conflict),
        stop=stop_after_attempt(REQUEST_TRIES - 1),
        wait=wait_random_exponential(multiplier=0.01, max=LONGEST_REQUEST_PAUSE),
        reraise=True,
    )
    return await again(serve, *args, **kwargs)


def until_stopped(stop: asyncio.Event) -> AsyncRetrying:
    """Return what repeats a call until it succeeds; after a stop it gives None instead."""
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE),
        stop=stop_when_event_set(stop),  # type: ignore[arg-type]  # asks is_set(), as asyncio's has
        sleep=lambda seconds: pause(seconds, stop),
        before_sleep=_log,
        retry_error_callback=lambda _state: None,
    )


async def pause(seconds: float, end: asyncio.Event) -> None:
    """Wait, but not longer than until the event that ends it."""
    try:
        await asyncio.wait_for(end.wait(), seconds)
    except TimeoutError:
        return


def is_away(error: BaseException) -> bool:
    """Say whether an error means that the database cannot be reached, or not in time."""
    if isinstance(error, DBAPIError):
        cause = error.orig
        state = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or ""
        return error.connection_invalidated or state.startswith(AWAY) or isinstance(cause, OSError)
    return isinstance(error, OSError | PoolTimeout)


def is_conflict(error: BaseException) -> bool:
    """Say whether a transaction was rolled back in favour of another, and can be tried again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in LOST


def is_locked_out(error: BaseException) -> bool:
    """Say whether a transaction was rolled back because it would have waited for another."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == LOCKED


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    LOG.warning("relay_failed", error=type(error).__name__, attempt=state.attempt_number)
