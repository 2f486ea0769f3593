"""What does a migration do while others work? It waits its turn, and never long for a table."""

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
    wait_random_exponential,
)

LOG = structlog.get_logger(__name__)

LOCK_TIMEOUT = "1s"
"""How long a revision waits for a table. Whoever comes after it waits behind it, readers too."""

LONGEST_PAUSE = 10
"""Seconds in which the others go on, after a few tries."""

PATIENCE_SECONDS = 600
"""For a table that somebody keeps; as long as the chart gives a migration in all."""

TURN_PAUSE = 0.5

LOCKED, DEADLOCK = "55P03", "40P01"


class SchemaLocked(Exception):
    """A table that a revision changes was never free; nothing of that revision has happened."""

    def __init__(self) -> None:
        super().__init__(
            f"other transactions have kept tables locked for {PATIENCE_SECONDS} s: let them end,"
            " and run muster migrate again"
        )


async def take_turn(connection: AsyncConnection, lock: int) -> None:
    """Wait until no other process migrates, and keep others waiting for as long as the session.

    The lock is asked for again and again: a statement that waited for it would be somebody whom
    the building of an index beside writers waits for, in turn.

    :param lock: any number that stands for a schema.
    """
    waiting = AsyncRetrying(
        retry=retry_if_result(lambda taken: not taken), wait=wait_fixed(TURN_PAUSE)
    )
    await waiting(_take, connection, lock)


async def _take(connection: AsyncConnection, lock: int) -> bool:
    async with connection.begin():
        question = text("SELECT pg_try_advisory_lock(:lock)")
        return bool(await connection.scalar(question, {"lock": lock}))


def tries() -> AsyncRetrying:
    """Return what runs a step again while a table that it needs is locked."""
    return AsyncRetrying(
        retry=retry_if_exception(_was_locked_out),
        wait=wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE),
        stop=stop_after_delay(PATIENCE_SECONDS),
        before_sleep=_say_once,
        retry_error_callback=_give_up,
    )


def _was_locked_out(error: BaseException) -> bool:
    sqlstate = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return sqlstate in (LOCKED, DEADLOCK)


def _say_once(state: RetryCallState) -> None:
    if state.attempt_number == 1:
        LOG.warning("migration_waits_for_a_table")


def _give_up(state: RetryCallState) -> None:
    raise SchemaLocked from (state.outcome.exception() if state.outcome else None)
