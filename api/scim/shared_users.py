"""Which requests for users share statements and commits? Those that come while others are served.

One at a time they cost a few statements each; many at once cost about as many together.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError, IntegrityError

from api.directory import stored_users
from api.directory.database import DirectoryDatabase, wait_briefly
from api.directory.stored_users import StoredUser, UserName
from api.directory.user_pages import UserPages
from api.retries import is_conflict, is_locked_out
from api.scim.user_writes import Write, taken, write_users
from api.shared_calls import SharedCalls
from contracts.clock import Clock

MOST_ALONE = 5
"""Who waits for a row or a name at once, each with a connection; the others must find one too."""


class SharedUsers:
    """Reads and writes the users of all connections for the requests of one process."""

    def __init__(self, database: DirectoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_id = SharedCalls(self._find_by_id)
        self._by_user_name = SharedCalls(self._find_by_user_name)
        self._writes = SharedCalls(self._write_together)
        self._alone = asyncio.Semaphore(MOST_ALONE)
        self.pages = UserPages()

    async def by_id(self, connection_id: str, id_: str) -> StoredUser | None:
        """Return a user, if it is there."""
        return await self._by_id.ask(UserName(connection_id, id_))

    async def by_user_name(self, connection_id: str, key: str) -> StoredUser | None:
        """Return the user whose userName has a key, if there is one."""
        return await self._by_user_name.ask(UserName(connection_id, key))

    async def write(self, write: Write) -> StoredUser:
        """Write a user, and return it as it is afterwards.

        :raises SCIMException: when something is wrong with the write.
        """
        outcome = await self._writes.ask(write)
        return await self._write_alone(write) if outcome is None else outcome

    async def _find_by_id(self, names: Sequence[UserName]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await stored_users.find_by_id(db, names)
        return [found.get(name) for name in names]

    async def _find_by_user_name(self, names: Sequence[UserName]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await stored_users.find_by_user_name(db, names)
        return [found.get(name) for name in names]

    async def _write_together(
        self, writes: Sequence[Write]
    ) -> Sequence[StoredUser | Exception | None]:
        """Write all that can be written without waiting for anybody else.

        Rows that are locked are passed over. A userName that an open transaction has taken is not
        seen before it is waited for; whoever wants one does so alone, and not everybody with them.
        """
        try:
            async with self._database.write() as db:
                await wait_briefly(db)
                return await write_users(db, writes, self._clock(), wait=False)
        except DBAPIError as error:
            if isinstance(error, IntegrityError) or is_conflict(error) or is_locked_out(error):
                return [None] * len(writes)  # of one of them; the others are fine without it
            raise

    async def _write_alone(self, write: Write) -> StoredUser:
        """Write one, after whoever else is at its row."""
        try:
            async with self._alone, self._database.write() as db:
                [outcome] = await write_users(db, [write], self._clock(), wait=True)
                if isinstance(outcome, Exception):
                    raise outcome
        except IntegrityError as error:
            raise taken() from error
        assert outcome is not None, "it has waited"
        return outcome
