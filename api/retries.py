"""What does the api's side repeat? The relay retries its rounds, requests retry conflicts."""

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

from contracts.database_errors import Meaning, meaning_of
from contracts.secure_connections.problems import told_of

ArgumentsP = ParamSpec("ArgumentsP")
ResultT = TypeVar("ResultT")

LOG = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between tries while the database or the publisher fails."""

REQUEST_TRIES, LONGEST_REQUEST_PAUSE = 4, 0.2
"""The tries of one request, and the longest pause between them in seconds; providers give up after
a minute."""


async def despite_conflicts(
    serve: Callable[ArgumentsP, Awaitable[ResultT]],
    *args: ArgumentsP.args,
    **kwargs: ArgumentsP.kwargs,
) -> ResultT:
    """Return the result of ``serve``; call it again where its transaction lost a conflict.

    The second try follows at once, later ones after pauses.
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
    """Return a retrying that repeats a call until it succeeds, or returns None after a stop."""
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE),
        stop=stop_when_event_set(stop),  # type: ignore[arg-type]  # asks is_set(), as asyncio's has
        sleep=lambda seconds: pause(seconds, stop),
        before_sleep=_log,
        retry_error_callback=lambda _state: None,
    )


async def pause(seconds: float, end: asyncio.Event) -> None:
    """Wait for some seconds, or until an event ends the pause."""
    try:
        await asyncio.wait_for(end.wait(), seconds)
    except TimeoutError:
        return


def is_away(error: BaseException) -> bool:
    """Return whether an error means that the database is unreachable or refuses work just now."""
    away = meaning_of(error) in {Meaning.AWAY, Meaning.LOCKED}
    return away or isinstance(error, PoolTimeout)


def is_conflict(error: BaseException) -> bool:
    """Return whether a transaction was rolled back in favour of another, and can be tried again."""
    return meaning_of(error) is Meaning.RIVAL


def is_locked_out(error: BaseException) -> bool:
    """Return whether a transaction was rolled back because it would have waited for another."""
    return meaning_of(error) is Meaning.LOCKED


def _log(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if error is not None:
        LOG.warning("relay_failed", error=told_of(error), attempt=state.attempt_number)
