"""What do both databases hold? Read by their own roles, while the processes work."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel, col
from sqlmodel import select as select_columns

from api.directory.tables import Identity
from deploy.database_urls import async_url
from tests.drivers.installation import Installation
from worker.platforms.sql.tables import (
    AccountRow,
    DeviceActionRow,
    DeviceRow,
    FailureRow,
    RefusalRow,
    SyncRecordRow,
)

SETTLE_SECONDS = 120
"""On a busy machine; a second is usual."""

OWNERS = {"workspace", "connection", "connection_id"}
"""The columns that say whose a row is."""

Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that was pushed, and everything that came of it."""

    identities: dict[Key, Row]
    records: dict[Key, Row]
    accounts: dict[str, Row]
    devices: list[Row]
    ledger: list[Row]
    refusals: list[Row]
    failures: list[Row]

    @property
    def lagging(self) -> list[Key]:
        """Return whose newest version is not applied, or still has a mark."""
        return [
            key
            for key, identity in self.identities.items()
            if identity["dirty_lane"] is not None
            or key not in self.records
            or self.records[key]["applied_version"] != identity["version"]
        ]

    def of_connection(self, connection: str) -> list[Row]:
        """Return all that is known of one connection, on both sides."""
        records = [row for row in self.records.values() if row["connection"] == connection]
        return [
            *(row for row in self.identities.values() if row["connection_id"] == connection),
            *records,
            *(self.accounts[row["account_id"]] for row in records),
        ]


@dataclass(frozen=True, slots=True)
class Stores:
    """Both databases."""

    directory: AsyncEngine
    downstream: AsyncEngine
    ignored: Collection[str] = ()
    """Workspaces and connections about which nobody asks."""

    async def read(self) -> Stored:
        """Read downstream first: what is released later can only lag."""
        records = await self._rows(self.downstream, SyncRecordRow)
        return Stored(
            records={(row["connection"], row["identity"]): row for row in records},
            accounts={row["id"]: row for row in await self._rows(self.downstream, AccountRow)},
            devices=await self._rows(self.downstream, DeviceRow),
            ledger=await self._rows(self.downstream, DeviceActionRow),
            refusals=await self._rows(self.downstream, RefusalRow),
            failures=await self._rows(self.downstream, FailureRow),
            identities={
                (row["connection_id"], row["id"]): row
                for row in await self._rows(self.directory, Identity)
            },
        )

    async def has_arrived(self, connection: str, identity: str) -> bool:
        """Say whether everything that was acknowledged of an identity is applied."""
        released = select_columns(Identity.version, Identity.dirty_lane).where(
            col(Identity.connection_id) == connection, col(Identity.id) == identity
        )
        applied = select_columns(SyncRecordRow.applied_version).where(
            col(SyncRecordRow.connection) == connection, col(SyncRecordRow.identity) == identity
        )
        async with self.directory.connect() as db:
            version, mark = (await db.execute(released)).one()
        async with self.downstream.connect() as db:
            return mark is None and version == await db.scalar(applied)

    async def settled(self) -> Stored:
        """Wait until everything that was acknowledged has arrived."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while (stored := await self.read()).lagging:
                await asyncio.sleep(0.1)
        return stored

    async def _rows(self, engine: AsyncEngine, table: type[SQLModel]) -> list[Row]:
        columns = table.__table__.c  # type: ignore[attr-defined]
        others = [it.not_in(self.ignored) for it in columns if it.name in OWNERS]
        async with engine.connect() as db:
            statement = select(table.__table__).where(*others)  # type: ignore[attr-defined]
            found: Sequence[Any] = (await db.execute(statement)).mappings().all()
        return [dict(row) for row in found]


@asynccontextmanager
async def stores_of(installation: Installation) -> AsyncIterator[Stores]:
    """Open both databases, and write to them even while they are read-only for everybody else."""
    engines = [
        create_async_engine(
            async_url(installation.database_url(side)),
            pool_pre_ping=True,
            connect_args={"server_settings": {"default_transaction_read_only": "off"}},
        )
        for side in ("directory", "downstream")
    ]
    try:
        directory, downstream = engines
        yield Stores(directory, downstream)
    finally:
        for engine in engines:
            await engine.dispose()
