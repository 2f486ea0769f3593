"""Does a session still work after a rest? A ping asks it: networks drop idle ones in silence."""

import time
from collections.abc import Callable
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import asyncpg
import structlog
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError

LOG = structlog.get_logger(__name__)

ASKED_AFTER, ANSWER_SECONDS = 0.5, 1.0
"""Seconds of rest after which a session is pinged, and seconds within which it has to answer. Under
load no session rests for so long, and a ping costs a round trip."""

REPLACED_AFTER = 120.0
"""Seconds of rest after which a session is replaced at once: NATs and balancers drop it by then."""

Session: TypeAlias = "asyncpg.Connection[Any]"


class RestingSessions:
    """The idle sessions with one database, in all pools of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: WeakKeyDictionary[Session, float] = WeakKeyDictionary()

    def attach_to(self, engine: Engine) -> None:
        """Check each session of an engine at checkout, and record when it was returned."""
        event.listen(engine, "checkin", self._rest)
        event.listen(engine, "checkout", self._take)

    def _rest(self, connection: Any, _record: object) -> None:
        if connection is not None:
            self._since[connection.driver_connection] = self._clock()

    def _take(self, connection: Any, _record: object, _proxy: object) -> None:
        """Let a session be used, or have the pool replace it, unless it was opened just for this.

        :raises InvalidatePoolError: when the session has ended, or does not answer. The others of
            the pool have probably ended as well.
        :raises DisconnectionError: when the session has rested for too long.
        """
        session: Session = connection.driver_connection
        if (since := self._since.pop(session, None)) is None:
            return  # it has never rested
        rested = self._clock() - since
        if session.is_closed():  # the driver knows by itself
            raise InvalidatePoolError
        if rested > REPLACED_AFTER:
            session.terminate()
            raise DisconnectionError
        if rested > ASKED_AFTER and not connection.run_async(_answers):
            LOG.warning("database_line_forgotten", sessions=self._end_all() + 1)
            raise InvalidatePoolError

    def _end_all(self) -> int:
        """End all idle sessions, without the farewell message, for which a caller would wait.

        If the network has dropped one of them, it has dropped the others, too. Their pools find
        them ended. Return how many there were.
        """
        idle = [session for session in [*self._since] if not session.is_closed()]
        for session in idle:
            session.terminate()
        return len(idle)


async def _answers(session: Session) -> bool:
    try:
        await session.execute("SELECT 1", timeout=ANSWER_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        session.terminate()
        return False
    except BaseException:  # the answer to this ping could be taken for that of the next statement
        session.terminate()
        raise
    return True
