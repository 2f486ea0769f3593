"""Which retries happen? In place with jitter, then the delayed tiers, then none.

While the database is away the worker waits, and no event loses a try by it. Nothing else on the
worker's side repeats anything.
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
from contracts.topology import RETRY_DELAYS
from worker.dialects import DownstreamDatabase
from worker.errors import DatabaseAway
from worker.write_probe import try_writing

LOG = structlog.get_logger(__name__)

T = TypeVar("T")

QUICK_TRIES = 4
"""In place: enough for a deadlock or a race, over before a leaver notices."""

LONGEST_QUICK_PAUSE = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds; the latter two while something that everybody needs is away."""

PROBE_SECONDS = 15
"""How long a probe may take; longer than SQLite waits for another process's lock."""


class FailureKind(StrEnum):
    """How failures are grouped: tried to the end, or not worth another try."""

    EXHAUSTED = "exhausted"
    PERMANENT = "permanent"


def is_transient(error: BaseException) -> bool:
    """Say whether trying again may help: it was about the database's state, not about the event."""
    return meaning_of(error) is not Meaning.OWN or isinstance(error, PoolTimeoutError)


def is_locked_out(error: BaseException) -> bool:
    """Say whether a lock was waited for in vain; waiting again would hold up everybody else."""
    return meaning_of(error) is Meaning.LOCKED


def delay_after(attempts: int) -> int | None:
    """Return the seconds to wait after so many earlier tries, or None after the last tier."""
    return RETRY_DELAYS[attempts] if attempts < len(RETRY_DELAYS) else None


def quickly() -> AsyncRetrying:
    """Return what tries a transaction a few times in place."""
    return AsyncRetrying(
        retry=retry_if_exception(lambda it: is_transient(it) and not is_locked_out(it)),
        stop=stop_after_attempt(QUICK_TRIES),
        wait=wait_random_exponential(multiplier=0.05, max=LONGEST_QUICK_PAUSE),
        reraise=True,
    )


@dataclass(frozen=True, slots=True)
class InPlace:
    """Tries a transaction a few times; while the database is away, waits and begins anew.

    ``paused`` is told why, once for each time that the database is away.
    """

    database: DownstreamDatabase
    stop: asyncio.Event
    paused: Callable[[str], None]
    resumed: Callable[[], None]

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the call returns, or raise what it raises to the end.

        :raises DatabaseAway: when told to stop while the database is still away.
        """
        doubted = False
        while True:
            try:
                return await quickly()(call)
            except Exception as error:
                if await self._was_away(error):
                    continue
                # It may have come back between the last try and the look.
                if doubted or meaning_of(error) is not Meaning.AWAY:
                    raise
                doubted = True

    async def wait_for(self, look: Callable[[], Awaitable[T]]) -> T:
        """Return what a look gives that only a state of the whole database can hold up.

        :raises DatabaseAway: when told to stop before that.
        """
        try:
            return await look()
        except Exception as found:
            if not is_transient(found):
                raise
            self.paused(describe(found))
            seen: list[T] = []

            async def again() -> bool:
                seen.append(await look())
                return True

            waiting = until_stopped(self.stop).copy(before_sleep=None)
            if not await waiting(again):
                raise DatabaseAway from found
            self.resumed()
            return seen[0]

    async def _was_away(self, error: Exception) -> bool:
        """Look whether the database can be reached, and written to if that is in doubt.

        Where it cannot, wait until it can.
        """
        look = try_writing if meaning_of(error) is Meaning.AWAY else reach
        try:
            await _in_time(look, self.database)
        except Exception as found:
            self.paused(describe(found))
            waiting = until_stopped(self.stop).copy(before_sleep=None)
            if not await waiting(_in_time, try_writing, self.database):
                raise DatabaseAway from found
            self.resumed()
            return True
        return False


def until_stopped(stop: asyncio.Event) -> AsyncRetrying:
    """Return what repeats a call until it succeeds; after a stop it gives None instead."""
    return AsyncRetrying(
        wait=wait_exponential_jitter(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE, jitter=FIRST_PAUSE),
        stop=stop_when_event_set(stop),  # type: ignore[arg-type]  # asks is_set(), as asyncio's has
        sleep=lambda seconds: pause(seconds, stop),
        before_sleep=_say_once,
        retry_error_callback=lambda _state: None,
    )


async def pause(seconds: float, *until: asyncio.Event) -> None:
    """Wait, but not longer than until one of the events."""
    waiting = [asyncio.ensure_future(event.wait()) for event in until]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiting:
            waiter.cancel()


async def reach(database: DownstreamDatabase) -> None:
    """Open a transaction as a batch would; raise what is in its way."""
    async with database.write() as db:
        await db.execute(text("SELECT 1"))


async def _in_time(
    look: Callable[[DownstreamDatabase], Awaitable[None]], database: DownstreamDatabase
) -> bool:
    async with asyncio.timeout(PROBE_SECONDS):
        await look(database)
    return True


def describe(error: BaseException) -> str:
    """Name an error by its class and code; its text may quote what is personal."""
    name, code = type(error).__name__, code_of(error)
    return f"{name} {code}" if code else name


def _say_once(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    if state.attempt_number == 1 and error is not None:
        LOG.warning("trying_until_it_works", error=describe(error))
