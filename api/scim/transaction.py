"""In what does one SCIM operation run? One transaction of one connection, at one moment."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from scim2_models import UniquenessException
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.scim.authentication import OpenedConnection
from contracts.identity_changed import Trace

WrittenT = TypeVar("WrittenT")


@dataclass(frozen=True, slots=True)
class Transaction:
    """What every part of an operation needs to know. A writing one locks the rows it reads."""

    db: AsyncConnection
    connection: OpenedConnection
    trace: Trace
    now: int
    writing: bool

    @property
    def connection_id(self) -> str:
        """Return the connection whose resources these are."""
        return self.connection.id

    @property
    def dialect(self) -> str:
        """Return which kind of database it is."""
        return self.db.dialect.name

    @staticmethod
    async def unique(writing: Awaitable[WrittenT], what: str) -> WrittenT:
        """Write what may violate uniqueness, here or in a race with another.

        :raises UniquenessException: when it does.
        """
        try:
            return await writing
        except IntegrityError as error:
            raise UniquenessException(detail=f"{what} is already taken") from error
