"""How do requests for users share statements and commits? Those that come at once are one call.

One at a time they cost a few statements each; many at once cost about as many together.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.exc import DBAPIError, IntegrityError

from api.batching import Batcher
from api.directory.dialects import DirectoryDatabase, wait_briefly
from api.fairness.shares import Shares
from api.retries import is_conflict, is_locked_out
from api.scim.errors import TryAgainLater
from api.scim.protocol.ids import ID
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users import statements
from api.scim.users.offset_pages import UserPages
from api.scim.users.statements import StoredUser, UserName
from api.scim.users.states import Decide, UserState
from api.scim.users.writes import Change, Write, not_found, taken, write_users
from contracts.clock import Clock

MOST_TRIES = 10
"""Times that a change is decided anew because another process was quicker."""


class SharedUsers:
    """Reads and writes the users of all connections for the requests of one process."""

    def __init__(
        self, database: DirectoryDatabase, shares: Shares, locks: ResourceLocks, clock: Clock
    ) -> None:
        self._database = database
        self._shares = shares
        self._locks = locks
        self._clock = clock
        self._by_id = Batcher(self._find_by_id)
        self._by_user_name = Batcher(self._find_by_user_name)
        self._writes = Batcher(self._write_together)
        self.pages = UserPages()

    async def by_id(self, connection_id: str, id_: str) -> StoredUser | None:
        """Return a user, if it is there."""
        return await self._by_id.submit(UserName(connection_id, id_))

    async def by_user_name(self, connection_id: str, key: str) -> StoredUser | None:
        """Return the user whose userName has a key, if there is one."""
        return await self._by_user_name.submit(UserName(connection_id, key))

    async def write(self, write: Write) -> StoredUser:
        """Write a user, and return it as it is afterwards.

        :raises SCIMException: when something is wrong with the write.
        :raises NoSlot: when its connection writes too much at once.
        """
        is_heavy = isinstance(write, Change) and not write.is_light_on("")
        outcome = None if is_heavy else await self._writes.submit(write)
        if outcome is not None:
            return outcome
        return await (self._change(write) if isinstance(write, Change) else self._alone(write))

    async def _find_by_id(self, names: Sequence[UserName]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await statements.find_by_id(db, names)
        return [found.get(name) for name in names]

    async def _find_by_user_name(self, names: Sequence[UserName]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await statements.find_by_user_name(db, names)
        return [found.get(name) for name in names]

    async def _write_together(
        self, writes: Sequence[Write]
    ) -> Sequence[StoredUser | Exception | None]:
        """Write all that can be written without waiting for anybody else.

        Rows that are locked are passed over, and so are changes that take long to decide. A
        userName that an open transaction has taken is not seen before it is waited for; a write
        that wants one does so alone, and not everybody with it.
        """
        try:
            async with self._database.write() as db:
                await wait_briefly(db)
                return await write_users(db, writes, self._clock(), wait=False)
        except DBAPIError as error:
            if isinstance(error, IntegrityError) or is_conflict(error) or is_locked_out(error):
                return [None] * len(writes)  # of one of them; the others are fine without it
            raise

    async def _change(self, change: Change) -> StoredUser:
        """Change one user. What takes long to decide is decided before its row is locked.

        The decision holds if the row is the same by then; else it is taken anew.
        """
        connection_id = change.connection.id
        if not ID.fullmatch(change.id):
            raise not_found(change.id)
        async with self._locks.at(connection_id, change.id):
            for _ in range(MOST_TRIES):
                stored = await self.by_id(connection_id, change.id)
                if stored is None:
                    raise not_found(change.id)
                if change.is_light_on(stored.resource):
                    return await self._alone(change)
                decide = await self._decided(change, stored)
                try:
                    return await self._alone(replace(change, decide=decide))
                except _Moved:
                    continue
        raise TryAgainLater

    async def _decided(self, change: Change, stored: StoredUser) -> Decide:
        """Decide about a user as it is, in a thread; return the decision, for this state only."""
        state: UserState | None = await self._shares.work.run(
            change.connection.id,
            lambda: change.decide(stored),
            change.size + len(stored.resource),
            urgent=change.urgent,
        )

        def decide(found: StoredUser) -> UserState | None:
            if found.revision != stored.revision:
                raise _Moved
            return state

        return decide

    async def _alone(self, write: Write) -> StoredUser:
        """Write one, after whatever else is at its row."""
        urgent = isinstance(write, Change) and write.urgent
        try:
            async with (
                self._shares.writers.slot(write.connection.id, urgent=urgent),
                self._database.write() as db,
            ):
                [outcome] = await write_users(db, [write], self._clock(), wait=True)
                if isinstance(outcome, Exception):
                    raise outcome
        except IntegrityError as error:
            raise taken() from error
        assert outcome is not None, "it has waited"
        return outcome


class _Moved(Exception):
    """A user was changed after it was decided what becomes of it."""
