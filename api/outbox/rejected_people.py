"""Whose newest state cannot be published? Rejected identities are a group for each message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select, tuple_
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import UNPUBLISHABLE
from api.directory.tables import Identity
from api.outbox.list_rejections import is_rejected
from contracts.downstream.open_problems import Cause, ProblemGroup, Trouble, Troubled
from contracts.downstream.pages import Key, Page

CONNECTION, ID = col(Identity.connection_id), col(Identity.id)
SINCE, MESSAGE = col(Identity.first_rejected_at), col(Identity.rejection)


@dataclass(frozen=True, slots=True)
class RejectedPeople:
    """Lists the rejected identities of the directory, in groups by message."""

    database: DirectoryDatabase

    async def groups(self, connections: Sequence[str], first: int) -> Sequence[ProblemGroup]:
        """Return the groups of the identities of some connections.

        :param first: how many identities each group names.
        """
        ranked = _rejected(
            connections,
            func.row_number()
            .over(partition_by=MESSAGE, order_by=(SINCE, CONNECTION, ID))
            .label("place"),
            func.count().over(partition_by=MESSAGE).label("people"),
            func.min(SINCE).over(partition_by=MESSAGE).label("oldest"),
        ).subquery()
        statement = select(ranked).where(ranked.c.place <= first).order_by(ranked.c.place)
        of_message: dict[str, list[Row[Any]]] = {}
        async with self.database.read() as db:
            for row in await db.execute(statement):
                of_message.setdefault(row.message, []).append(row)
        return [
            ProblemGroup(
                Cause(Trouble.FAILED, UNPUBLISHABLE, message),
                rows[0].people,
                rows[0].oldest,
                tuple(map(_troubled, rows)),
            )
            for message, rows in of_message.items()
        ]

    async def page(
        self, connections: Sequence[str], cause: Cause, *, after: Key | None = None, most: int = 100
    ) -> Page[Troubled]:
        """Return a page of a group, in the order of connections and ids."""
        statement = _rejected(connections).where(MESSAGE == cause.message)  # noqa: SIM300 - it is a column
        if after is not None:
            statement = statement.where(tuple_(CONNECTION, ID) > after)
        async with self.database.read() as db:
            rows = await db.execute(statement.order_by(CONNECTION, ID).limit(most + 1))
            return Page.of([(_troubled(it), (it.connection, it.identity)) for it in rows], most)


def _rejected(connections: Sequence[str], *more: Any) -> Select[Any]:
    columns: list[Any] = [
        CONNECTION.label("connection"),
        ID.label("identity"),
        MESSAGE.label("message"),
        SINCE.label("since"),
    ]
    return select(*columns, *more).where(is_rejected(), CONNECTION.in_(connections))


def _troubled(row: Row[Any]) -> Troubled:
    return Troubled(row.connection, row.identity, row.since)
