"""Which events were given up? The worker's table lists failures, in groups and one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.downstream.failures import FailureGroup, ListedFailure
from worker.dialects import DownstreamDatabase
from worker.sync.tables import FailureRow


@dataclass(frozen=True, slots=True)
class StoredFailures:
    """The Failures of the worker's table."""

    database: DownstreamDatabase

    async def groups(self) -> Sequence[FailureGroup]:
        """Return the failures in groups, the largest first."""
        group, size = (col(FailureRow.kind), col(FailureRow.message)), func.count()
        times = func.min(col(FailureRow.first_at)), func.max(col(FailureRow.last_at))
        statement = columns(*group, size, *times).group_by(*group).order_by(size.desc(), *group)
        async with self.database.read() as db:
            return [FailureGroup(*row) for row in await db.execute(statement)]

    async def of(
        self,
        *,
        kind: str | None = None,
        connection: str | None = None,
        identity: str | None = None,
    ) -> Sequence[ListedFailure]:
        """Return the failures that match every given argument, the latest first."""
        statement = select(FailureRow).order_by(
            col(FailureRow.last_at).desc(), FailureRow.connection, FailureRow.identity
        )
        if kind is not None:
            statement = statement.where(FailureRow.kind == kind)
        if connection is not None:
            statement = statement.where(FailureRow.connection == connection)
        if identity is not None:
            statement = statement.where(FailureRow.identity == identity)
        async with self.database.read() as db, AsyncSession(db) as session:
            return [_listed(row) for row in await session.exec(statement)]


def _listed(row: FailureRow) -> ListedFailure:
    return ListedFailure(
        connection=row.connection,
        identity=row.identity,
        kind=row.kind,
        message=row.message,
        version=row.version,
        attempts=row.attempts,
        first_at=row.first_at,
        last_at=row.last_at,
        correlation_id=row.correlation_id,
    )
