"""How does a migration run beside other work? It waits for its turn, and briefly for a table."""

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

from deploy.errors import DeployError

LOG = structlog.get_logger(__name__)

LOCK_TIMEOUT = "1s"
"""The time that a revision waits for a table. Later transactions queue behind it, readers too."""

LONGEST_PAUSE = 10
"""Seconds between attempts, at most: other transactions go on meanwhile."""

PATIENCE_SECONDS = 600
"""Seconds of attempts at a table that stays locked; the chart gives a migration as much in all."""

TURN_PAUSE = 0.5
"""Seconds between two requests for the lock of migrations."""
LOCKED, DEADLOCK = "55P03", "40P01"


class SchemaLocked(DeployError):
    """A table that a revision changes was never free. The revision has changed nothing."""

    def __init__(self) -> None:
        super().__init__(
            f"other transactions have kept tables locked for {PATIENCE_SECONDS} s: let them end,"
            " and run muster migrate again"
        )


async def wait_for_turn(connection: AsyncConnection, lock: int) -> None:
    """Take the lock of migrations, which ends with the session, as soon as no other process has it.

    The lock is requested again and again. A statement that waited for it would hold a snapshot,
    and the concurrent building of an index waits for older snapshots: a deadlock.

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


def attempts_while_locked() -> AsyncRetrying:
    """Return a retrying caller, which runs a step again while a table that it needs is locked."""
    return AsyncRetrying(
        retry=retry_if_exception(_was_locked_out),
        wait=wait_random_exponential(multiplier=0.5, max=LONGEST_PAUSE),
        stop=stop_after_delay(PATIENCE_SECONDS),
        before_sleep=_log_first_wait,
        retry_error_callback=_give_up,
    )


def _was_locked_out(error: BaseException) -> bool:
    sqlstate = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return sqlstate in (LOCKED, DEADLOCK)


def _log_first_wait(state: RetryCallState) -> None:
    if state.attempt_number == 1:
        LOG.warning("migration_waits_for_a_table")


def _give_up(state: RetryCallState) -> None:
    raise SchemaLocked from (state.outcome.exception() if state.outcome else None)
