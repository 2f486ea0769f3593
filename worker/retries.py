"""Which retries happen? A transaction is retried in place, then its event in the delayed tiers.

While the database is away the worker waits, and no event loses an attempt by it. The worker has no
other retries.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import structlog
from sqlalchemy import text
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

from contracts.database_errors import Meaning, code_of, meaning_of
from contracts.secure_connections.problems import explained_in
from contracts.topology import RETRY_DELAYS
from worker.dialects import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.write_probe import try_writing

LOG = structlog.get_logger(__name__)

T = TypeVar("T")

QUICK_TRIES = 4
"""Attempts in place: enough for a deadlock or a race, and over within about a second."""

FIRST_PAUSE, LONGEST_QUICK_PAUSE, LONGEST_PAUSE = 0.1, 0.5, 5.0
"""Seconds between attempts: the first pause, and the longest in place and while the database is
away."""

PROBE_SECONDS = 15
"""Seconds that a probe may take; longer than SQLite waits for another process's lock."""


class FailureKind(StrEnum):
    """The two kinds of failures: every retry was used up, or no retry can help."""

    EXHAUSTED = "exhausted"
    PERMANENT = "permanent"


def is_transient(error: BaseException) -> bool:
    """Return whether a retry may help: the cause is a state of the database, not the event."""
    return meaning_of(error) is not Meaning.OWN or isinstance(error, PoolTimeoutError)


def is_locked_out(error: BaseException) -> bool:
    """Return whether a lock has timed out; to wait again would delay all other events."""
    return meaning_of(error) is Meaning.LOCKED


def delay_after(attempts: int) -> int | None:
    """Return the seconds to wait after a number of attempts; None after the last tier."""
    return RETRY_DELAYS[attempts] if attempts < len(RETRY_DELAYS) else None


async def with_retries(retries: Callable[[], AsyncRetrying], call: Callable[[], Awaitable[T]]) -> T:
    """Return the result of a call, which is repeated according to its retries.

    The retries are built only after the first attempt has failed, and judge its error: to build
    them for a call that succeeds took 0.06 ms of the processor, a tenth of a tiny batch.
    """
    failed: list[Exception] = []
    try:
        return await call()
    except Exception as error:  # noqa: BLE001 - the retries judge it
        failed.append(error)

    async def attempt() -> T:
        if failed:
            raise failed.pop()
        return await call()

    return await retries()(attempt)


def in_place() -> AsyncRetrying:
    """Return the retries of a transaction in place, with jitter between the attempts."""
    return AsyncRetrying(
        retry=retry_if_exception(lambda it: is_transient(it) and not is_locked_out(it)),
        stop=stop_after_attempt(QUICK_TRIES),
        wait=wait_random_exponential(multiplier=0.05, max=LONGEST_QUICK_PAUSE),
        reraise=True,
    )


@dataclass(frozen=True, slots=True)
class RetryInPlace:
    """Runs a transaction with retries in place, anew after each absence of the database.

    ``paused`` is called with the error once for each absence, ``resumed`` at its end.
    """

    database: DownstreamDatabase
    stop: asyncio.Event
    paused: Callable[[str], None]
    resumed: Callable[[], None]

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a call, or raise the error of its last attempt.

        :raises DatabaseAway: when ``stop`` is set while the database is away.
        """
        doubted = False
        while True:
            try:
                return await with_retries(in_place, call)
            except Exception as error:
                if await self._was_away(error):
                    continue
                # The database may have come back between the last attempt and the probe.
                if doubted or meaning_of(error) is not Meaning.AWAY:
                    raise
                doubted = True

    async def wait_for(self, query: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a query, which is repeated without limit on transient errors.

        It is for queries that only a state of the whole database can make fail.

        :raises DatabaseAway: when ``stop`` is set before the query succeeds.
        """
        try:
            return await query()
        except Exception as error:
            if not is_transient(error):
                raise
            self.paused(_why_away(error))
            results: list[T] = []

            async def again() -> bool:
                results.append(await query())
                return True

            waiting = until_stopped(self.stop).copy(before_sleep=None)
            if not await waiting(again):
                raise DatabaseAway from error
            self.resumed()
            return results[0]

    async def _was_away(self, error: Exception) -> bool:
        """Return whether the database was away, after waiting until it is back.

        The probe writes where the error says that the database is away, else it only connects.
        """
        probe = try_writing if meaning_of(error) is Meaning.AWAY else check_reachable
        try:
            await _in_time(probe, self.database)
        except Exception as problem:
            self.paused(_why_away(problem))
            waiting = until_stopped(self.stop).copy(before_sleep=None)
            if not await waiting(_in_time, try_writing, self.database):
                raise DatabaseAway from problem
            self.resumed()
            return True
        return False


def until_stopped(stop: asyncio.Event) -> AsyncRetrying:
    """Return retries without limit, with growing pauses; after ``stop`` their result is None."""
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE),
        stop=stop_when_event_set(stop),  # type: ignore[arg-type]  # asks is_set(), as asyncio's has
        sleep=lambda seconds: pause(seconds, stop),
        before_sleep=_log_first_failure,
        retry_error_callback=lambda _state: None,
    )


async def pause(seconds: float, *until: asyncio.Event) -> None:
    """Wait for a number of seconds, or until one of the events is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in until]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiting:
            waiter.cancel()


async def check_reachable(database: DownstreamDatabase) -> None:
    """Open a transaction as a batch would; raise the error that prevents it."""
    async with database.write() as db:
        await db.execute(text("SELECT 1"))


async def _in_time(
    probe: Callable[[DownstreamDatabase], Awaitable[None]], database: DownstreamDatabase
) -> bool:
    async with asyncio.timeout(PROBE_SECONDS):
        await probe(database)
    return True


def describe(error: BaseException) -> str:
    """Return the class and code of an error, whose text may quote personal data."""
    name, code = type(error).__name__, code_of(error)
    return f"{name} {code}" if code else name


def _why_away(error: BaseException) -> str:
    """Return advice if no connection has come about; else the text of ``describe``."""
    return str(explained_in(error) or describe(error))


def _log_first_failure(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if state.attempt_number == 1 and error is not None:
        LOG.warning("trying_until_it_works", error=_why_away(error))
