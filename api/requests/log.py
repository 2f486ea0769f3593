"""How is the request log written? A bounded queue takes requests, and one statement writes many.

Noting a request waits for nothing. A queue that is full takes no more, and counts the requests that
it leaves out: the log is for people who look for a mistake, and no answer ever waits for it.
"""

from collections import deque
from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

import structlog
from prometheus_client import Counter
from pydantic_core import to_json
from sqlalchemy import Insert, String, bindparam, insert, select

from api.directory.administration_tables import LoggedRequest
from api.directory.dialects import DirectoryDatabase, rows_in
from api.directory.tables import ApiTable
from api.requests.answered import CONNECTION_OFF, RATE_EXCEEDED, Answered
from api.requests.masking import (
    resource_in,
    shown_detail,
    shown_method,
    shown_path,
    shown_query,
)
from api.requests.seldom import Seldom
from api.retries import is_away
from contracts.clock import Clock, now

LOG = structlog.get_logger(__name__)

REQUESTS = ApiTable.metadata.tables[str(LoggedRequest.__tablename__)]
COLUMNS = [column for column in REQUESTS.c if column.name != "number"]

MOST_WAITING = 5_000
"""Requests that wait to be written: several seconds of a process, and some MiB."""

ROWS_AT_ONCE = 1_000
"""Rows of one statement, which then takes some ten milliseconds."""

SECOND, MINUTE = 1_000_000, 60_000_000

THINNED = {RATE_EXCEEDED, CONNECTION_OFF}
"""The codes noted once a second for each connection: their requests are alike."""

Row = dict[str, Any]


class RequestLog:
    """The requests of a process that are to be written to the log."""

    def __init__(
        self,
        database: DirectoryDatabase,
        unlogged: Counter,
        clock: Clock = now,
        most: int = MOST_WAITING,
    ) -> None:
        """Take the database.

        :param unlogged: counts the requests that are left out.
        """
        self._database = database
        self._unlogged = unlogged
        self._clock = clock
        self._most = most
        self._waiting: deque[Row] = deque()
        self._strangers, self._hasty = Seldom(MINUTE), Seldom(SECOND)

    def note(self, answered: Answered, address: str | None) -> None:
        """Note a request, and the address from which it came.

        For each connection, a request without a valid token is noted once a minute: strangers can
        write next to nothing, and a mistyped token shows all the same. A request beyond the rate,
        or to a connection that is switched off, is noted once a second.
        """
        at = self._clock()
        if answered.token is None and not self._strangers.is_due(answered.connection, at):
            return
        code = answered.refusal and answered.refusal.code
        if code in THINNED and not self._hasty.is_due(f"{code} {answered.connection}", at):
            return
        if len(self._waiting) >= self._most:
            self._unlogged.inc()
            return
        self._waiting.append(row_of(answered, address, at))

    async def write(self) -> None:
        """Write the requests that wait.

        While the database is away they go on waiting, as far as there is room.

        :raises SQLAlchemyError: when a statement fails; its requests are left out unless the
            database was away.
        """
        while self._waiting:
            rows = list(islice(self._waiting, ROWS_AT_ONCE))
            try:
                await self._insert(rows)
            except Exception as error:
                if not is_away(error):
                    self._drop(rows)
                    self._unlogged.inc(len(rows))
                raise
            self._drop(rows)

    async def _insert(self, rows: Sequence[Row]) -> None:
        async with self._database.write_at_once() as db:
            await db.execute(_adding(db.dialect.name), {"rows": to_json(rows).decode()})

    def _drop(self, rows: Sequence[Row]) -> None:
        for _ in rows:
            self._waiting.popleft()


def row_of(answered: Answered, address: str | None, at: int) -> Row:
    """Return the row of a request that was answered at a time, without its personal values."""
    micros = round(answered.seconds * 1_000_000)
    refusal = answered.refusal
    return {
        "connection_id": answered.connection,
        "at": at - micros,
        "method": shown_method(answered.method),
        "path": shown_path(answered.path) + shown_query(answered.query),
        "resource_id": resource_in(answered.path) or resource_in(answered.location),
        "status": answered.status,
        "code": refusal and refusal.code,
        "detail": refusal and shown_detail(refusal.detail),
        "micros": micros,
        "correlation_id": answered.correlation_id,
        "address": address,
    }


@cache
def _adding(dialect: str) -> Insert:
    """Return the statement that adds rows, which are one parameter."""
    rows = rows_in(bindparam("rows", type_=String), COLUMNS, dialect)
    names = [column.name for column in COLUMNS]
    return insert(REQUESTS).from_select(names, select(*(rows.c[name] for name in names)))
