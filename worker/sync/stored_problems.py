"""Who is refused or failed, and for which cause? SQL groups the worker's tables, and pages them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, Row, Select, func, literal, null, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.downstream.open_problems import Cause, ProblemGroup, Trouble, Troubled
from contracts.downstream.pages import Key, Page
from worker.dialects import DownstreamDatabase, is_among
from worker.sync.mapping import FAILURES, REFUSALS


@dataclass(frozen=True, slots=True)
class StoredProblems:
    """The OpenProblems of the stored refusals and failures."""

    database: DownstreamDatabase

    async def groups(self, connections: Sequence[str], first: int) -> Sequence[ProblemGroup]:
        """Return the groups of the identities of some connections, the largest first.

        :param first: how many identities each group names.
        """
        found: list[ProblemGroup] = []
        async with self.database.snapshot() as db:
            for trouble in Trouble:
                found += await _groups(db, trouble, connections, first)
        return sorted(found, key=lambda group: (-group.people, group.cause))

    async def refused(self, connections: Sequence[str]) -> int:
        """Return the number of identities of some connections with any refusal."""
        people = (
            select(REFUSALS.c.connection, REFUSALS.c.identity)
            .where(is_among(REFUSALS.c.connection, connections))
            .distinct()
            .subquery()
        )
        async with self.database.read() as db:
            return await db.scalar(select(func.count()).select_from(people)) or 0

    async def people(
        self, connection: str, trouble: Trouble, *, after: str = "", most: int = 100
    ) -> Sequence[str]:
        """Return the identities of a connection in any trouble of a kind, in the order of ids."""
        rows = FAILURES if trouble is Trouble.FAILED else REFUSALS
        statement = (
            select(rows.c.identity)
            .where(rows.c.connection == connection, rows.c.identity > after)
            .distinct()
            .order_by(rows.c.identity)
            .limit(most)
        )
        async with self.database.read() as db:
            return list(await db.scalars(statement))

    async def page(
        self, connections: Sequence[str], cause: Cause, *, after: Key | None = None, most: int = 100
    ) -> Page[Troubled]:
        """Return a page of a group, in the order of connections and ids."""
        people = _people(cause.trouble, connections).subquery()
        key = people.c.connection, people.c.identity
        statement = (
            select(people)
            .where(people.c.name == cause.name, people.c.message == cause.message)
            .order_by(*key)
            .limit(most + 1)
        )
        if after is not None:
            statement = statement.where(tuple_(*key) > after)
        async with self.database.read() as db:
            rows = await db.execute(statement)
            return Page.of([(_troubled(it), (it.connection, it.identity)) for it in rows], most)


async def _groups(
    db: AsyncConnection, trouble: Trouble, connections: Sequence[str], first: int
) -> list[ProblemGroup]:
    """Return the groups of one kind of trouble, by one statement that numbers their identities."""
    ranked = _ranked(_people(trouble, connections).subquery())
    statement = select(ranked).where(ranked.c.place <= first).order_by(ranked.c.place)
    of_cause: dict[Cause, list[Row[Any]]] = {}
    for row in await db.execute(statement):
        of_cause.setdefault(Cause(trouble, row.name, row.message), []).append(row)
    return [
        ProblemGroup(cause, rows[0].people, rows[0].oldest, tuple(map(_troubled, rows)))
        for cause, rows in of_cause.items()
    ]


def _ranked(people: FromClause) -> FromClause:
    """Return people with their place in their group, its size and its oldest time."""
    group = people.c.name, people.c.message
    order = people.c.since, people.c.connection, people.c.identity
    return select(
        people,
        func.row_number().over(partition_by=group, order_by=order).label("place"),
        func.count().over(partition_by=group).label("people"),
        func.min(people.c.since).over(partition_by=group).label("oldest"),
    ).subquery()


def _people(trouble: Trouble, connections: Sequence[str]) -> Select[Any]:
    """Return the statement that selects each identity in trouble once for each of its causes."""
    return _given_up(connections) if trouble is Trouble.FAILED else _refused(connections)


def _given_up(connections: Sequence[str]) -> Select[Any]:
    return select(
        FAILURES.c.connection,
        FAILURES.c.identity,
        FAILURES.c.kind.label("name"),
        FAILURES.c.message,
        FAILURES.c.first_at.label("since"),
        null().label("action"),
    ).where(is_among(FAILURES.c.connection, connections))


def _refused(connections: Sequence[str]) -> Select[Any]:
    person = REFUSALS.c.connection, REFUSALS.c.identity
    return (
        select(
            *person,
            REFUSALS.c.reason.label("name"),
            literal("").label("message"),
            func.min(REFUSALS.c.since).label("since"),
            func.min(REFUSALS.c.action).label("action"),
        )
        .where(is_among(REFUSALS.c.connection, connections))
        .group_by(*person, REFUSALS.c.reason)
    )


def _troubled(row: Row[Any]) -> Troubled:
    return Troubled(row.connection, row.identity, row.since, row.action)
