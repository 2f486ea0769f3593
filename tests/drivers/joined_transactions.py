"""How does a test undo what requests write? Their transactions are parts of one, rolled back."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import DirectoryDatabase
from api.scim.transactions.request_transactions import Transactions


@dataclass(frozen=True, slots=True)
class JoinedDirectory(DirectoryDatabase):
    """A directory of which all that is read and written is part of one open transaction."""

    joined: AsyncConnection = field(kw_only=True)

    @property
    def has_one_writer(self) -> bool:
        return False  # nothing is written in slices, which are transactions of their own

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return nullcontext(self.joined)

    def search(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return nullcontext(self.joined)

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return nullcontext(self.joined)

    def write_at_once(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return nullcontext(self.joined)


def within(transactions: Transactions, db: AsyncConnection) -> Transactions:
    """Return transactions that are parts of one that is open."""
    database = transactions.database
    joined = JoinedDirectory(database.reading, database.writing, database.searching, joined=db)
    return replace(transactions, database=joined)
