"""How do requests for users share statements and commits? Simultaneous requests are one batch.

A single request costs a few statements, and a batch of many costs about as many together.
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
from api.scim.users.statements import StoredUser, UserKey
from api.scim.users.states import Decide, UserState
from api.scim.users.writes import Change, Write, not_found, user_name_taken, write_users
from contracts.clock import Clock

MOST_TRIES = 10
"""Tries of one change, which is decided anew when another process has changed the user."""


class BatchedUsers:
    """Reads and writes the users of all connections, in batches of a process's requests."""

    def __init__(
        self, database: DirectoryDatabase, shares: Shares, locks: ResourceLocks, clock: Clock
    ) -> None:
        self._database = database
        self._shares = shares
        self._locks = locks
        self._clock = clock
        self._by_id = Batcher(self._find_by_id)
        self._by_user_name = Batcher(self._find_by_user_name)
        self._writes = Batcher(self._write_batch)

    async def by_id(self, connection_id: str, id_: str) -> StoredUser | None:
        """Return a user, or None if there is no such id."""
        return await self._by_id.submit(UserKey(connection_id, id_))

    async def by_user_name(self, connection_id: str, key: str) -> StoredUser | None:
        """Return the user whose userName has a comparison key, or None."""
        return await self._by_user_name.submit(UserKey(connection_id, key))

    async def write(self, write: Write) -> StoredUser:
        """Write a user, and return its state afterwards.

        :raises SCIMException: when the write is refused.
        :raises NoSlot: when the connection writes too much at once.
        """
        is_heavy = isinstance(write, Change) and not write.is_light_on("")
        outcome = None if is_heavy else await self._writes.submit(write)
        if outcome is not None:
            return outcome
        if isinstance(write, Change):
            return await self._change_single(write)
        return await self._write_single(write)

    async def _find_by_id(self, keys: Sequence[UserKey]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await statements.find_by_id(db, keys)
        return [found.get(key) for key in keys]

    async def _find_by_user_name(self, keys: Sequence[UserKey]) -> Sequence[StoredUser | None]:
        async with self._database.read() as db:
            found = await statements.find_by_user_name(db, keys)
        return [found.get(key) for key in keys]

    async def _write_batch(
        self, writes: Sequence[Write]
    ) -> Sequence[StoredUser | Exception | None]:
        """Write a batch without waiting for other transactions; None is left for a single write.

        Locked rows are skipped, and so are changes that take long to decide. A userName that an
        open transaction has inserted blocks the whole batch; after a brief wait all its writes are
        tried one by one, so that only the one with that userName goes on waiting.
        """
        try:
            async with self._database.write() as db:
                await wait_briefly(db)
                return await write_users(db, writes, self._clock(), wait=False)
        except DBAPIError as error:
            if isinstance(error, IntegrityError) or is_conflict(error) or is_locked_out(error):
                return [None] * len(writes)  # the error of a single write; the others succeed alone
            raise

    async def _change_single(self, change: Change) -> StoredUser:
        """Change one user; a change that takes long is decided before the row is locked.

        The decision holds if the locked row has the same revision; else it is taken again.

        :raises TryAgainLater: when other processes change the user at every try.
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
                    return await self._write_single(change)
                decide = await self._decide_in_thread(change, stored)
                try:
                    return await self._write_single(replace(change, decide=decide))
                except _ChangedMeanwhile:
                    continue
        raise TryAgainLater

    async def _decide_in_thread(self, change: Change, stored: StoredUser) -> Decide:
        """Run ``decide`` in a thread; return its result as a decision for this revision only."""
        state: UserState | None = await self._shares.work.run(
            change.connection.id,
            lambda: change.decide(stored),
            change.size + len(stored.resource),
            urgent=change.urgent,
        )

        def decide(found: StoredUser) -> UserState | None:
            if found.revision != stored.revision:
                raise _ChangedMeanwhile
            return state

        return decide

    async def _write_single(self, write: Write) -> StoredUser:
        """Write one user in a transaction of its own, which waits for the lock on the row."""
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
            raise user_name_taken() from error
        assert outcome is not None, "the write has waited for the lock"
        return outcome


class _ChangedMeanwhile(Exception):
    """The user was changed between the decision and the lock."""
