"""When is a session of PostgreSQL replaced? It is replaced if it ended or refuses writes.

After a failover the name of the database leads to the new primary, while sessions that were opened
before lead to the old one for as long as they live.

A session that is opened for a checkout is not judged at it. A pool that finds two sessions in turn
to be stale raises an error that does not tell that the server is away; that of a statement of the
session itself does.
"""

import time
from typing import Any

from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.database_errors import OTHER_SESSION_HELPS, code_of

OPENED_AT = "opened"
"""The key under which a pool records when a session was opened (seconds, monotonic)."""

USED = "used"
"""The key under which a pool records that a session was checked out before."""

STANDBY_SECONDS = 1.0
"""Seconds that a session of a standby is used before it is replaced: reads there are stale, by an
unknown time."""


class SessionReplacement:
    """Decides which sessions of one database are stale, for all engines of the process at once."""

    def __init__(self) -> None:
        self._outlived = float("-inf")

    def attach_to(self, engine: AsyncEngine) -> AsyncEngine:
        """Replace sessions of this engine in time; return it."""

        @event.listens_for(engine.sync_engine, "connect")
        def _note(_connection: object, record: Any) -> None:
            record.info[OPENED_AT] = time.monotonic()

        @event.listens_for(engine.sync_engine, "checkout")
        def _replace(connection: Any, record: Any, _proxy: object) -> None:
            """Replace a stale session, and with it all sessions of the pool.

            The driver knows whether a session has ended, so that no ping is needed.
            """
            driver = connection.driver_connection
            if USED not in record.info:
                record.info[USED] = True
            elif driver.is_closed() or self._is_outlived(driver, record.info[OPENED_AT]):
                raise InvalidatePoolError

        @event.listens_for(engine.sync_engine, "handle_error")
        def _outlive(context: ExceptionContext) -> None:
            if code_of(context.original_exception) in OTHER_SESSION_HELPS:
                self._outlived = time.monotonic()
                context.is_disconnect = True

        return engine

    def _is_outlived(self, driver: Any, opened: float) -> bool:
        old = opened <= time.monotonic() - STANDBY_SECONDS
        return opened <= self._outlived or (old and _is_read_only(driver))


def _is_read_only(driver: Any) -> bool:
    """Return whether the server has reported itself read-only, as PostgreSQL 14 and later do."""
    told = driver.get_settings()
    return "on" in (
        getattr(told, "in_hot_standby", None),
        getattr(told, "default_transaction_read_only", None),
    )
