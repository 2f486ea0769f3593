"""How does a request reach the database? In transactions, within the share of its connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer import OpenedConnection
from api.directory.dialects import DirectoryDatabase, interrupt
from api.fairness.shares import Shares
from api.scim.errors import HungUp, SearchTooSlow
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.transactions.transaction import Transaction
from contracts.clock import Clock
from contracts.identity_changed import Trace

FoundT = TypeVar("FoundT")


async def never() -> None:
    """Wait for ever: this client does not hang up."""
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Transactions:
    """Opens the transactions of one request.

    ``search_seconds`` is what a search may take. ``hung_up`` returns when the client is gone.
    """

    database: DirectoryDatabase
    connection: OpenedConnection
    trace: Trace
    shares: Shares
    locks: ResourceLocks
    clock: Clock
    search_seconds: float
    hung_up: Callable[[], Awaitable[None]] = never

    @property
    def owner(self) -> str:
        """Return whose share it is: the connection's."""
        return self.connection.id

    def lock(self, resource_id: str) -> AbstractAsyncContextManager[None]:
        """Hold what keeps requests of this process from waiting for a resource in the database."""
        return self.locks.at(self.connection.id, resource_id)

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[Transaction]:
        """Open a transaction that writes, and commit it if the token opens the connection still.

        :param urgent: whether somebody may leave by it.
        :raises NoSlot: when the connection writes too much at once.
        :raises UnauthorizedException: when the token has ended meanwhile.
        """
        async with (
            self.shares.writers.slot(self.owner, urgent=urgent),
            self.database.write() as db,
        ):
            tx = self._transaction(db, writing=True)
            yield tx
            if not tx.confirmed:
                await tx.confirm()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Open a connection for a few short statements that change nothing."""
        async with self.shares.searches.slot(self.owner), self.database.search() as db:
            yield self._transaction(db, writing=False)

    async def search(self, find: Callable[[Transaction], Awaitable[FoundT]]) -> FoundT:
        """Find something, for a bounded time and as long as its client waits for it.

        :raises NoSlot: when the connection searches too much at once.
        :raises SearchTooSlow: when it takes too long.
        :raises HungUp: when the client does not wait for it.
        """
        async with self.read() as tx:
            finding = asyncio.ensure_future(find(tx))
            gone = asyncio.ensure_future(self.hung_up())
            try:
                await asyncio.wait(
                    {finding, gone},
                    timeout=self.search_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if finding.done():
                    return finding.result()
                raise HungUp if gone.done() else SearchTooSlow(self.search_seconds)
            finally:
                gone.cancel()
                await _end(tx.db, finding)

    def _transaction(self, db: AsyncConnection, *, writing: bool) -> Transaction:
        return Transaction(db, self.connection, self.trace, self.clock(), writing)


async def _end(db: AsyncConnection, finding: "asyncio.Future[Any]") -> None:
    """End a search that is under way; the database must not go on for nobody."""
    if not finding.done():
        await interrupt(db)
        finding.cancel()
        await asyncio.wait({finding})
        if not finding.cancelled():
            finding.exception()  # it was interrupted, and says so
