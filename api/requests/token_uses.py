"""When was a token last used, and from where? Each token's use is written once a minute at most.

The statement checks that, too, because several processes serve the same token.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import BigInteger, ColumnElement, String, Update, bindparam, column, or_, update

from api.directory.dialects import DirectoryDatabase, rows_in
from api.directory.tables import ApiTable, Token
from api.requests.seldom import Seldom
from contracts.clock import LARGEST_DIFFERENCE, Clock, now

TOKENS = ApiTable.metadata.tables[str(Token.__tablename__)]

MINUTE = 60_000_000

Row = Mapping[str, Any]


class TokenUses:
    """The last uses of tokens that a process has seen and not written yet."""

    def __init__(self, database: DirectoryDatabase, clock: Clock = now) -> None:
        self._database = database
        self._clock = clock
        self._seldom = Seldom(MINUTE)
        self._waiting: dict[str, Row] = {}

    def note(self, digest: str, address: str | None) -> None:
        """Note that a valid token was used just now, unless it was noted within the last minute."""
        at = self._clock()
        if self._seldom.is_due(digest, at):
            self._waiting[digest] = {"digest": digest, "used_at": at, "used_from": address}

    async def write(self) -> None:
        """Write the uses that wait, with one statement; after an error they go on waiting.

        :raises SQLAlchemyError: when the statement fails.
        """
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        rows = [waiting[digest] for digest in sorted(waiting)]  # in one order in every process
        try:
            async with self._database.write_at_once() as db:
                await db.execute(_using(db.dialect.name), {"rows": to_json(rows).decode()})
        except BaseException:
            self._waiting = waiting | self._waiting
            raise


@cache
def _using(dialect: str) -> Update:
    """Return the statement that writes uses. A time that cannot be right is overwritten."""
    columns: list[ColumnElement[Any]] = [
        column("digest", String),
        column("used_at", BigInteger),
        column("used_from", String),
    ]
    rows = rows_in(bindparam("rows", type_=String), columns, dialect)
    last = TOKENS.c.last_used_at
    is_due = or_(
        last.is_(None),
        last <= rows.c.used_at - MINUTE,
        last > rows.c.used_at + LARGEST_DIFFERENCE,
    )
    return (
        update(TOKENS)
        .where(TOKENS.c.digest == rows.c.digest, is_due)
        .values(last_used_at=rows.c.used_at, last_used_from=rows.c.used_from)
    )
