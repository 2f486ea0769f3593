"""How do tests have open databases one after another? Their sessions stay, and the rows go.

On PostgreSQL the sessions of a test are dear: each logs in and reads the catalogs anew, which takes
more of the processor than what a test does with them.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, TypeVar

import asyncpg

from deploy.databases.migrations import Schema
from tests.servers.emptied import Pristine
from tests.servers.migrated import NewDatabase
from tests.servers.postgres import connected

T = TypeVar("T")
Renew = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class Lent(Generic[T]):
    """Open databases, which are lent to a test at a time; each finds them as if they were new.

    Whatever they were opened as has to be stateless, for it is lent again. Databases of which more
    than rows has changed are opened anew, and so is every file of SQLite, which costs next to
    nothing.

    :param opened: opens databases by the URLs of these schemas.
    """

    new_database_url: NewDatabase
    schemas: Sequence[Schema]
    opened: Callable[..., AbstractAsyncContextManager[T]]
    _kept: AsyncExitStack = field(default_factory=AsyncExitStack)
    _present: T | None = None
    _renewals: list[Renew] = field(default_factory=list)

    async def lend(self) -> T:
        """Return the databases without rows."""
        if self._present is None or not await self._are_renewed():
            await self._kept.aclose()
            self._present = await self._opened_anew()
        return self._present

    async def __aenter__(self) -> "Lent[T]":
        """Open nothing before it is needed."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the databases."""
        await self._kept.aclose()

    async def _are_renewed(self) -> bool:
        return bool(self._renewals) and all([await renew() for renew in self._renewals])

    async def _opened_anew(self) -> T:
        urls = [self.new_database_url(schema) for schema in self.schemas]
        self._renewals = []
        for url in urls:
            if url.startswith("postgresql"):
                session = await self._kept.enter_async_context(connected(url))
                self._renewals.append(_renewal(await Pristine.of(url), session))
        return await self._kept.enter_async_context(self.opened(*urls))


def _renewal(pristine: Pristine, session: asyncpg.Connection) -> Renew:
    return lambda: pristine.empty(session)
