"""May a session that has rested be used? It is asked first, for lines are forgotten in silence."""

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
"""Seconds of rest after which a session has to answer, and how soon. While there is work none rests
for so long, and a question takes a round trip."""

REPLACED_AFTER = 120.0
"""Seconds after which it is not even asked: NATs and balancers have forgotten it, or soon will."""

Session: TypeAlias = "asyncpg.Connection[Any]"


class RestingSessions:
    """The sessions with one database that nobody uses just now, in all pools of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: WeakKeyDictionary[Session, float] = WeakKeyDictionary()

    def watch(self, engine: Engine) -> None:
        """Look at each session of an engine when it is taken, and remember when it was put back."""
        event.listen(engine, "checkin", self._rest)
        event.listen(engine, "checkout", self._take)

    def _rest(self, connection: Any, _record: object) -> None:
        if connection is not None:
            self._since[connection.driver_connection] = self._clock()

    def _take(self, connection: Any, _record: object, _proxy: object) -> None:
        """Let a session be used, or have it replaced.

        :raises InvalidatePoolError: when it has ended, or says nothing; so have others, probably.
        :raises DisconnectionError: when it has rested for too long.
        """
        session: Session = connection.driver_connection
        now = self._clock()
        rested = now - self._since.pop(session, now)
        if session.is_closed():  # the driver knows by itself
            raise InvalidatePoolError
        if rested > REPLACED_AFTER:
            session.terminate()
            raise DisconnectionError
        if rested > ASKED_AFTER and not connection.run_async(_answers):
            LOG.warning("database_line_forgotten", sessions=len(self._since) + 1)
            self._end_all()
            raise InvalidatePoolError

    def _end_all(self) -> None:
        """End what rests, without a goodbye for which somebody would have to wait each time.

        What one line has met, the others have too.
        """
        for session in [*self._since]:
            session.terminate()
        self._since.clear()


async def _answers(session: Session) -> bool:
    try:
        await session.execute("SELECT 1", timeout=ANSWER_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        session.terminate()
        return False
    except BaseException:  # nobody knows what it would answer to the next question
        session.terminate()
        raise
    return True
