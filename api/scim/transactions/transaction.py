"""In what does one SCIM operation run? A transaction belongs to one connection and one moment."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from scim2_models import UniquenessException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer import OpenedConnection, opened_by, still_opened
from contracts.identity_changed import Trace

WrittenT = TypeVar("WrittenT")


@dataclass(slots=True)
class Transaction:
    """The transaction of one SCIM operation; a writing one locks the rows that it reads.

    ``now`` is its time in microseconds, and ``confirmed`` tells whether the token was looked up
    again in this transaction.
    """

    db: AsyncConnection
    connection: OpenedConnection
    trace: Trace
    now: int
    writing: bool
    confirmed: bool = False

    @property
    def connection_id(self) -> str:
        """Return the id of the connection that the resources belong to."""
        return self.connection.id

    @property
    def dialect(self) -> str:
        """Return the name of the database's dialect: ``postgresql`` or ``sqlite``."""
        return self.db.dialect.name

    async def confirm(self) -> OpenedConnection:
        """Look the token up again, and return the connection with the rules of this moment.

        A token may end while a body arrives or a lock is waited for, so an earlier look-up does not
        count. Once the identities are locked that the rules apply to, the rules are those of the
        commit, because a change of the rules marks every identity.

        :raises UnauthorizedException: when the token has ended meanwhile.
        """
        opened = await opened_by(self.db, [self.connection.digest], self.now)
        self.connection = still_opened(self.connection, opened)
        self.confirmed = True
        return self.connection

    @staticmethod
    async def unique(writing: Awaitable[WrittenT], attribute: str) -> WrittenT:
        """Await a write that may violate the uniqueness of an attribute, also in a race.

        :raises UniquenessException: when the value of the attribute is taken.
        """
        try:
            return await writing
        except IntegrityError as error:
            raise UniquenessException(detail=f"{attribute} is already taken") from error
