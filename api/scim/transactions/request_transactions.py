"""How does a request reach the database? The share of its connection bounds its transactions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer import OpenedConnection
from api.directory.dialects import DirectoryDatabase, interrupt
from api.fairness.shares import Shares
from api.scim.errors import REFUSALS, HungUp, SearchTooSlow
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.transactions.transaction import Transaction
from contracts.clock import Clock
from contracts.identity_changed import Trace
from contracts.tracing import UNTRACED, SpanName, Tracing, telling

FoundT = TypeVar("FoundT")


async def never() -> None:
    """Wait for ever, in place of a client that never hangs up."""
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Transactions:
    """Opens the transactions of one request.

    ``search_seconds`` bounds the time of a search. ``hung_up`` returns when the client hangs up.
    """

    database: DirectoryDatabase
    connection: OpenedConnection
    trace: Trace
    shares: Shares
    locks: ResourceLocks
    clock: Clock
    search_seconds: float
    hung_up: Callable[[], Awaitable[None]] = never
    tracing: Tracing = UNTRACED

    @property
    def owner(self) -> str:
        """Return the id of the connection, which is the owner of the shares."""
        return self.connection.id

    def lock(self, resource_id: str) -> AbstractAsyncContextManager[None]:
        """Hold this process's lock on a resource, so that its requests do not wait for the row."""
        return self.locks.at(self.connection.id, resource_id)

    @asynccontextmanager
    async def write(self, *, urgent: bool = False) -> AsyncIterator[Transaction]:
        """Open a writing transaction, and commit it if the token still opens the connection.

        :param urgent: whether a user may be deactivated or deleted, which has reserved slots.
        :raises NoSlot: when the connection writes too much at once.
        :raises UnauthorizedException: when the token has ended meanwhile.
        """
        with self._telling():
            async with (
                self.shares.writers.slot(self.owner, urgent=urgent),
                self.database.write() as db,
            ):
                tx = self._transaction(db, writing=True)
                yield tx
                if not tx.confirmed:
                    await tx.confirm()

    @asynccontextmanager
    async def write_at_once(self) -> AsyncIterator[Transaction]:
        """Open a connection for a write that checks the token itself (``write_at_once``).

        :raises NoSlot: when the connection writes too much at once.
        """
        with self._telling():
            async with (
                self.shares.writers.slot(self.owner),
                self.database.write_at_once() as db,
            ):
                yield self._transaction(db, writing=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Open a transaction for a few short statements that only read.

        :raises NoSlot: when the connection searches too much at once.
        """
        async with self.shares.searches.slot(self.owner), self.database.search() as db:
            yield self._transaction(db, writing=False)

    async def search(self, find: Callable[[Transaction], Awaitable[FoundT]]) -> FoundT:
        """Run a search, for a bounded time and as long as the client waits for the answer.

        :raises NoSlot: when the connection searches too much at once.
        :raises SearchTooSlow: when the search takes too long.
        :raises HungUp: when the client does not wait for the answer.
        """
        async with self.read() as tx:
            finding = asyncio.ensure_future(find(tx))
            hang_up = asyncio.ensure_future(self.hung_up())
            try:
                await asyncio.wait(
                    {finding, hang_up},
                    timeout=self.search_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if finding.done():
                    return finding.result()
                raise HungUp if hang_up.done() else SearchTooSlow(self.search_seconds)
            finally:
                hang_up.cancel()
                await _interrupt_search(tx.db, finding)

    def _telling(self) -> AbstractContextManager[object]:
        """Return a context whose block is told as a transaction."""
        parent = self.trace.traceparent
        return telling(self.tracing, SpanName.TRANSACTION, parent, refusals=REFUSALS)

    def _transaction(self, db: AsyncConnection, *, writing: bool) -> Transaction:
        return Transaction(db, self.connection, self.trace, self.clock(), writing)


async def _interrupt_search(db: AsyncConnection, finding: "asyncio.Future[Any]") -> None:
    """End a running search, so that the database does not go on without a reader."""
    if not finding.done():
        try:
            await interrupt(db, finding)
        finally:
            finding.cancel()
        await asyncio.wait({finding})
        if not finding.cancelled():
            finding.exception()  # fetched, so that asyncio does not log it as lost
