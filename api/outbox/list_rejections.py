"""Which identities cannot be published as they are, and why? Their rejections are listed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import UNPUBLISHABLE
from api.directory.tables import Identity
from contracts.downstream.failures import FailureGroup, ListedFailure


@dataclass(frozen=True, slots=True)
class Rejections:
    """Lists the rejected identities of the directory, failures that never reach the worker."""

    database: DirectoryDatabase

    async def groups(self) -> Sequence[FailureGroup]:
        """Return the rejections grouped by their messages, the largest group first."""
        message, size = col(Identity.rejection), func.count()
        times = func.min(col(Identity.first_rejected_at)), func.max(col(Identity.rejected_at))
        statement = (
            select(message, size, *times)
            .where(is_rejected())
            .group_by(message)
            .order_by(size.desc(), message)
        )
        async with self.database.read() as db:
            rows: Sequence[Any] = (await db.execute(statement)).all()
        return [FailureGroup(UNPUBLISHABLE, *row) for row in rows]

    async def of(
        self, *, connection: str | None = None, identity: str | None = None
    ) -> Sequence[ListedFailure]:
        """Return the rejections of a connection and an identity, where given, the latest first."""
        statement = select(
            col(Identity.connection_id),
            col(Identity.id),
            col(Identity.rejection),
            col(Identity.rejected_version),
            col(Identity.rejections),
            col(Identity.first_rejected_at),
            col(Identity.rejected_at),
            col(Identity.correlation_id),
        ).where(is_rejected())
        if connection is not None:
            statement = statement.where(col(Identity.connection_id) == connection)
        if identity is not None:
            statement = statement.where(col(Identity.id) == identity)
        latest = statement.order_by(col(Identity.rejected_at).desc(), col(Identity.id))
        async with self.database.read() as db:
            rows: Sequence[Any] = (await db.execute(latest)).all()
        return [ListedFailure(it[0], it[1], UNPUBLISHABLE, *it[2:]) for it in rows]


async def count_rejected(db: AsyncConnection) -> int:
    """Return the number of rejected identities, also of retried ones until they succeed."""
    statement = select(func.count()).select_from(Identity).where(is_rejected())
    return (await db.execute(statement)).scalar_one()


def is_rejected() -> ColumnElement[bool]:
    """Return the condition that no version was published since an identity's rejected one."""
    rejected = col(Identity.rejected_version)
    return and_(rejected.is_not(None), rejected > col(Identity.published_version))
