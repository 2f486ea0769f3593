"""When is a session of PostgreSQL replaced? When it ended, and when its server takes no writes.

After a failover the name of the database leads to the new primary, and sessions that are there
still lead to the old one, for as long as they live.
"""

import time
from typing import Any

from sqlalchemy import ExceptionContext, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.database_errors import OTHER_SESSION_HELPS, code_of

OPENED = "opened"
"""Under which a pool remembers when a session was opened (seconds, monotonic)."""

STANDBY_SECONDS = 1.0
"""A session of a standby is asked no longer than that before another one is tried: what is read
there is old, and nobody can say how old."""


class Sessions:
    """The sessions of one database, of all engines: what one meets, the others need not meet."""

    def __init__(self) -> None:
        self._outlived = float("-inf")

    def watch(self, engine: AsyncEngine) -> AsyncEngine:
        """Replace sessions of this engine in time; return it."""

        @event.listens_for(engine.sync_engine, "connect")
        def _note(_connection: object, record: Any) -> None:
            record.info[OPENED] = time.monotonic()

        @event.listens_for(engine.sync_engine, "checkout")
        def _replace(connection: Any, record: Any, _proxy: object) -> None:
            """Take another session instead of one that is of no use, and instead of all others.

            The driver knows by itself whether it ended, so that nobody waits for a ping.
            """
            driver = connection.driver_connection
            if driver.is_closed() or self._is_outlived(driver, record.info[OPENED]):
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
    """Say whether the server has told so. PostgreSQL 14 and later tell it unasked."""
    told = driver.get_settings()
    return "on" in (
        getattr(told, "in_hot_standby", None),
        getattr(told, "default_transaction_read_only", None),
    )
