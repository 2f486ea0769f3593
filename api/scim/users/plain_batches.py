"""How are batches of users read and written on any database? This is the plain way.

A read takes a statement, and a batch of writes a transaction. Their tokens are checked by other
statements: before a read, and within the transaction of writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from api.directory.dialects import DirectoryDatabase, wait_briefly
from api.scim.users import statements
from api.scim.users.hot_users import Asked, Outcome, is_of_one
from api.scim.users.statements import StoredUser
from api.scim.users.writes import Write, write_users
from contracts.clock import Clock


@dataclass(frozen=True, slots=True)
class PlainBatches:
    """Reads and writes batches of users."""

    database: DirectoryDatabase
    clock: Clock

    async def by_id(self, asked: Sequence[Asked]) -> Sequence[StoredUser | None]:
        """Return for each request the user with its id, or None without one."""
        async with self.database.read() as db:
            found = await statements.find_by_id(db, [it.user_key for it in asked])
        return [found.get(it.user_key) for it in asked]

    async def by_user_name(self, asked: Sequence[Asked]) -> Sequence[StoredUser | None]:
        """Return for each request the user with its userName, or None without one."""
        async with self.database.read() as db:
            found = await statements.find_by_user_name(db, [it.user_key for it in asked])
        return [found.get(it.user_key) for it in asked]

    async def write(self, writes: Sequence[Write]) -> Sequence[Outcome]:
        """Write a batch without waiting for other transactions; None is left for a single write.

        Locked rows are skipped, and so are changes that take long to decide. A userName that an
        open transaction has inserted blocks the whole batch; after a brief wait all its writes are
        tried one by one, so that only the one with that userName goes on waiting.
        """
        try:
            async with self.database.write() as db:
                await wait_briefly(db)
                return await write_users(db, writes, self.clock(), wait=False)
        except DBAPIError as error:
            if is_of_one(error):
                return [None] * len(writes)
            raise
