"""In what does one SCIM operation run? One transaction of one connection, at one moment."""

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
    """What every part of an operation needs to know. A writing one locks the rows it reads.

    ``confirmed``: whether the token was looked up again in this transaction.
    """

    db: AsyncConnection
    connection: OpenedConnection
    trace: Trace
    now: int
    writing: bool
    confirmed: bool = False

    @property
    def connection_id(self) -> str:
        """Return the connection whose resources these are."""
        return self.connection.id

    @property
    def dialect(self) -> str:
        """Return which kind of database it is."""
        return self.db.dialect.name

    async def confirm(self) -> OpenedConnection:
        """Look the token up again and return the connection with its rules of now.

        A body takes its time to come, and so does a lock: what held before does not count. The
        rules are those of the commit once the identities are locked that they are applied to,
        because a change of the rules marks every identity.

        :raises UnauthorizedException: when the token has ended meanwhile.
        """
        opened = await opened_by(self.db, [self.connection.digest])
        self.connection = still_opened(self.connection, opened)
        self.confirmed = True
        return self.connection

    @staticmethod
    async def unique(writing: Awaitable[WrittenT], what: str) -> WrittenT:
        """Write what may violate uniqueness, here or in a race with another.

        :raises UniquenessException: when it does.
        """
        try:
            return await writing
        except IntegrityError as error:
            raise UniquenessException(detail=f"{what} is already taken") from error
