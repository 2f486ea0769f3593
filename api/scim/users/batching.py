"""How do requests for users share statements and commits? Simultaneous requests are one batch.

A single request costs a few statements, and a batch of many costs about as many together. Where the
database has hot statements, a batch takes the short way first, and the rest of it the plain way.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from api.access.bearer import OpenedConnection, Tokens
from api.access.token_memory import TokenMemory
from api.batching import Batcher
from api.directory.dialects import DirectoryDatabase
from api.fairness.shares import Shares
from api.scim.errors import REFUSALS, TryAgainLater
from api.scim.protocol.ids import ID
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users.hot_sessions import HotSessions
from api.scim.users.hot_users import Asked, HotUsers, Outcome, is_of_one
from api.scim.users.plain_batches import PlainBatches
from api.scim.users.statements import StoredUser
from api.scim.users.states import Decide, UserState
from api.scim.users.writes import Change, Creation, Write, not_found, user_name_taken, write_users
from contracts.clock import Clock
from contracts.database_errors import OTHER_SESSION_HELPS, code_of
from contracts.tracing import UNTRACED, SpanName, Tracing, telling

ItemT = TypeVar("ItemT")
Call = Callable[[Sequence[ItemT]], Awaitable[Sequence[Outcome]]]
Users = Batcher[ItemT, StoredUser | None]

MOST_TRIES = 10
"""Tries of one change, which is decided anew when another process has changed the user."""


class BatchedUsers:
    """Reads and writes the users of all connections, in batches of a process's requests."""

    def __init__(
        self,
        database: DirectoryDatabase,
        shares: Shares,
        locks: ResourceLocks,
        clock: Clock,
        memory: Tokens | None = None,
        tracing: Tracing = UNTRACED,
    ) -> None:
        """Take the parts that all requests of a process share.

        :param memory: notes which tokens the hot statements have found live.
        :param tracing: is told of each write, with its wait for the transaction that it shares.
        """
        self._database = database
        self._shares = shares
        self._locks = locks
        self._clock = clock
        self._tracing = tracing
        self.memory: Tokens = memory or TokenMemory()
        plain = PlainBatches(database, clock, self.memory)
        self._by_id = Users[Asked](plain.by_id)
        self._by_user_name = Users[Asked](plain.by_user_name)
        self._creations = self._changes = Users[Any](plain.write, gathers=database.has_one_writer)
        if database.hot is not None:
            hot = HotUsers(HotSessions(database), self.memory, clock)
            self._by_id = Batcher(_first(hot.by_id, plain.by_id))
            self._by_user_name = Batcher(_first(hot.by_user_name, plain.by_user_name))
            self._creations = Batcher(_first(hot.create, _leave), gathers=database.has_one_writer)
            self._changes = Batcher(_first(hot.change, _leave), gathers=database.has_one_writer)

    async def by_id(self, connection: OpenedConnection, id_: str) -> StoredUser | None:
        """Return a user, or None if there is no such id.

        :raises UnauthorizedException: when a hot statement has found that the token has ended.
        """
        return await self._by_id.submit(Asked(connection, id_))

    async def by_user_name(self, connection: OpenedConnection, key: str) -> StoredUser | None:
        """Return the user whose userName has a comparison key, or None.

        :raises UnauthorizedException: when a hot statement has found that the token has ended.
        """
        return await self._by_user_name.submit(Asked(connection, key))

    async def write(self, write: Write) -> StoredUser:
        """Write a user, and return its state afterwards.

        :raises SCIMException: when the write is refused.
        :raises NoSlot: when the connection writes too much at once.
        """
        with telling(
            self._tracing, SpanName.TRANSACTION, write.trace.traceparent, refusals=REFUSALS
        ):
            return await self._write(write)

    async def _write(self, write: Write) -> StoredUser:
        if isinstance(write, Creation):
            created = await self._creations.submit(write)
            return created or await self._write_single(write)
        is_light = ID.fullmatch(write.id) and write.is_light_on("")
        changed = await self._changes.submit(write) if is_light else None
        return changed or await self._change_single(write)

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
                stored = await self.by_id(change.connection, change.id)
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
        moment = self.memory.next_moment()
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
        self.memory.confirm(write.connection.digest, write.connection, moment)
        return outcome


class _ChangedMeanwhile(Exception):
    """The user was changed between the decision and the lock."""


def _first(hot: Call[ItemT], plain: Call[ItemT]) -> Call[ItemT]:
    """Return a call that takes the short way, and after some errors of it the plain way.

    After each of these errors, the short way has done nothing: a lost connection is none of them.
    """

    async def call(items: Sequence[ItemT]) -> Sequence[Outcome]:
        try:
            return await hot(items)
        except DBAPIError as error:
            if is_of_one(error) or code_of(error) in OTHER_SESSION_HELPS:
                return await plain(items)
            raise

    return call


async def _leave(writes: Sequence[Any]) -> Sequence[Outcome]:
    """Leave writes to be tried one by one."""
    return [None] * len(writes)
