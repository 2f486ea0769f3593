"""How is a platform driven in tests? It is furnished, asked in transactions, and looked at."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import insert, select

from worker.dialects import DownstreamDatabase
from worker.planning.facts import Account, Device
from worker.platforms.port import Platform
from worker.platforms.sql.mapping import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    DEVICES,
    POLICIES,
    WORKSPACES,
    account_of,
    account_row,
    device_of,
)
from worker.platforms.sql.platform import SqlPlatform

LOCK_SECONDS = 0.3
"""How long the transactions of these tests wait for a lock."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a platform holds, by id."""

    accounts: dict[str, Account]
    devices: dict[str, Device]


class PlatformUnderTest(Protocol):
    """A platform, and what its own operators do and see there."""

    def transaction(self) -> AbstractAsyncContextManager[Platform]:
        """Give the platform to one batch: all of its effects are seen at the end, or none."""
        ...

    async def furnish(
        self,
        *,
        accounts: Sequence[Account] = (),
        devices: Sequence[Device] = (),
        policies: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Have things there before; a policy is its workspace and its name."""
        ...

    async def contents(self) -> Contents:
        """Return what is there now."""
        ...

    async def locked(self) -> set[str]:
        """Return the ids of accounts and devices that are locked now, and names of workspaces."""
        ...


class SqlUnderTest:
    """The worker's own tables."""

    def __init__(self, database: DownstreamDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Platform]:
        async with self._database.write(LOCK_SECONDS) as db:
            yield SqlPlatform(db, self._database.workspaces)

    async def furnish(
        self,
        *,
        accounts: Sequence[Account] = (),
        devices: Sequence[Device] = (),
        policies: Sequence[tuple[str, str]] = (),
    ) -> None:
        async with self._database.write() as db:
            for account in accounts:
                await db.execute(insert(ACCOUNTS).values(account_row(account, 0)))
            for it in devices:
                await db.execute(
                    insert(DEVICES).values(
                        id=it.id,
                        workspace=it.workspace,
                        serial=it.serial,
                        policy=it.policy,
                        assigned_to=it.assigned_to,
                        removed=it.removed,
                    )
                )
            for workspace, name in policies:
                await db.execute(insert(POLICIES).values(workspace=workspace, name=name))

    async def contents(self) -> Contents:
        async with self._database.read() as db:
            accounts = [account_of(row) for row in await db.execute(select(*ACCOUNT_COLUMNS))]
            devices = [device_of(row) for row in (await db.execute(select(DEVICES))).mappings()]
        return Contents({it.id: it for it in accounts}, {it.id: it for it in devices})

    async def locked(self) -> set[str]:
        ids = WORKSPACES.c.name, ACCOUNTS.c.id, DEVICES.c.id
        there, free = set[str](), set[str]()
        async with self._database.write() as db:
            for column in ids:
                rows = select(column)
                there |= set((await db.execute(rows)).scalars())
                free |= set((await db.execute(rows.with_for_update(skip_locked=True))).scalars())
        return there - free
