"""In what does one SCIM operation run? One transaction of one connection, at one moment."""

from dataclasses import dataclass
from typing import Any

from scim2_models import UniquenessException
from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.scim.authentication import OpenedConnection
from contracts.identity_changed import Trace


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

    async def write_unique(self, statement: Executable, what: str) -> CursorResult[Any]:
        """Execute a statement that may violate uniqueness, here or in a race with another.

        :raises UniquenessException: when it does.
        """
        try:
            return await self.db.execute(statement)
        except IntegrityError as error:
            raise UniquenessException(detail=f"{what} is already taken") from error
