"""How far have identities come downstream? The tables of sync answer the questions of the api."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, distinct, exists, func, tuple_, union_all
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.downstream.sync_states import (
    Arrived,
    Failure,
    KnownIdentity,
    OpenProblems,
    Refusal,
    SyncState,
)
from contracts.identity_changed import UndecodableEvent, decode
from worker.dialects import DownstreamDatabase, is_among
from worker.planning.actions import RefusedAction
from worker.sync.mapping import FAILURES, RECORDS
from worker.sync.tables import FailureRow, RefusalRow, SyncRecordRow

IDENTITIES_PER_STATEMENT = 1_000
"""Identities in one statement; databases limit the size of its parameters."""


@dataclass(frozen=True, slots=True)
class StoredSyncStates:
    """The SyncStates of the stored records, refusals and failures."""

    database: DownstreamDatabase

    async def of(self, connection: str, identities: Sequence[str]) -> Mapping[str, SyncState]:
        """Return the state of each identity that is known downstream; the others are missing."""
        states: dict[str, SyncState] = {}
        async with self.database.read() as db, AsyncSession(db) as session:
            for start in range(0, len(identities), IDENTITIES_PER_STATEMENT):
                some = identities[start : start + IDENTITIES_PER_STATEMENT]
                states |= await _states(session, connection, some)
        return states

    async def held(self, after: KnownIdentity | None, most: int) -> Sequence[KnownIdentity]:
        """Return the identities that are not deleted downstream, a page in the order of ids."""
        key = tuple_(col(SyncRecordRow.identity), col(SyncRecordRow.connection))
        statement = (
            select(SyncRecordRow.connection, SyncRecordRow.identity, SyncRecordRow.applied_version)
            .where(~col(SyncRecordRow.deleted))
            .order_by(SyncRecordRow.identity, SyncRecordRow.connection)
            .limit(most)
        )
        if after is not None:
            statement = statement.where(key > tuple_(after.identity, after.connection))
        async with self.database.read() as db, AsyncSession(db) as session:
            return [KnownIdentity(*row) for row in await session.exec(statement)]

    async def problems(self, connections: Sequence[str]) -> Mapping[str, OpenProblems]:
        """Count the people with open problems of each connection that has any."""
        async with self.database.read() as db:
            refused = await _people_in(db, RefusalRow, connections)
            failed = await _people_in(db, FailureRow, connections)
        return {
            connection: OpenProblems(refused.get(connection, 0), failed.get(connection, 0))
            for connection in refused.keys() | failed.keys()
        }

    async def arrived(
        self, connections: Sequence[str], since: Sequence[int]
    ) -> Mapping[str, Arrived]:
        """Count the people of each connection whose newest version is later than some times."""
        newest = union_all(_applied(connections), _given_up(connections)).subquery().c
        statement = columns(
            newest.connection,
            func.max(newest.version),
            *(func.count().filter(newest.version > time) for time in since),
        ).group_by(newest.connection)
        async with self.database.read() as db:
            rows = await db.execute(statement)
            return {connection: Arrived(last, later) for connection, last, *later in rows}


def _applied(connections: Sequence[str]) -> Select[Any]:
    """Return the statement for the versions of people who have no newer failure."""
    gave_up = exists().where(
        FAILURES.c.identity == RECORDS.c.identity,
        FAILURES.c.connection == RECORDS.c.connection,
        FAILURES.c.version > RECORDS.c.applied_version,
    )
    applied = columns(RECORDS.c.connection, RECORDS.c.applied_version.label("version"))
    return applied.where(is_among(RECORDS.c.connection, connections), ~gave_up)


def _given_up(connections: Sequence[str]) -> Select[Any]:
    """Return the statement for the versions of failures with no newer version applied."""
    applied = exists().where(
        RECORDS.c.identity == FAILURES.c.identity,
        RECORDS.c.connection == FAILURES.c.connection,
        RECORDS.c.applied_version >= FAILURES.c.version,
    )
    given_up = columns(FAILURES.c.connection, FAILURES.c.version)
    return given_up.where(is_among(FAILURES.c.connection, connections), ~applied)


async def _people_in(
    db: AsyncConnection, problem: type[RefusalRow | FailureRow], connections: Sequence[str]
) -> dict[str, int]:
    """Return the number of identities with problems of a kind, by their connections."""
    connection = col(problem.connection)
    counted = columns(connection, func.count(distinct(col(problem.identity))))
    of_some = counted.where(is_among(connection, connections)).group_by(connection)
    return dict((await db.execute(of_some)).all())


async def _states(
    session: AsyncSession, connection: str, identities: Sequence[str]
) -> dict[str, SyncState]:
    records = await _records(session, connection, identities)
    refusals = await _refusals(session, connection, identities)
    failures = await _failures(session, connection, identities)
    refused = [identity for identity, those in refusals.items() if any(map(_keeps_access, those))]
    waiting = await _waiting_deactivations(session, connection, refused)
    states = {}
    for identity in records.keys() | failures.keys():
        applied_version, deactivated_at = records.get(identity, (0, 0))
        states[identity] = SyncState(
            applied_version,
            tuple(refusals.get(identity, ())),
            failures.get(identity),
            max(deactivated_at, waiting.get(identity, 0)),
        )
    return states


async def _records(
    session: AsyncSession, connection: str, identities: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Return the applied version of each identity, and that of its last applied deactivation."""
    statement = select(
        SyncRecordRow.identity, SyncRecordRow.applied_version, SyncRecordRow.deactivated_at
    ).where(
        SyncRecordRow.connection == connection, is_among(col(SyncRecordRow.identity), identities)
    )
    rows = await session.exec(statement)
    return {identity: (applied, deactivated) for identity, applied, deactivated in rows}


def _keeps_access(refusal: Refusal) -> bool:
    """Return whether a person keeps access because a deactivation is refused."""
    return refusal.action == RefusedAction.DEACTIVATE


async def _waiting_deactivations(
    session: AsyncSession, connection: str, refused: Sequence[str]
) -> dict[str, int]:
    """Return the versions of refused deactivations, which only the stored events contain."""
    if not refused:
        return {}
    statement = select(SyncRecordRow.identity, SyncRecordRow.event).where(
        SyncRecordRow.connection == connection, is_among(col(SyncRecordRow.identity), refused)
    )
    stored = (await session.exec(statement)).all()
    return {identity: _deactivation_in(event) for identity, event in stored if event is not None}


def _deactivation_in(event: str) -> int:
    try:
        return decode(event.encode()).data.terms.deactivated_at
    except UndecodableEvent:
        return 0  # planning the event again reports the error


async def _refusals(
    session: AsyncSession, connection: str, identities: Sequence[str]
) -> Mapping[str, list[Refusal]]:
    statement = (
        select(RefusalRow)
        .where(RefusalRow.connection == connection, is_among(col(RefusalRow.identity), identities))
        .order_by(RefusalRow.identity, RefusalRow.action)
    )
    refusals: defaultdict[str, list[Refusal]] = defaultdict(list)
    for row in await session.exec(statement):
        refusals[row.identity].append(Refusal(row.reason, row.action))
    return refusals


async def _failures(
    session: AsyncSession, connection: str, identities: Sequence[str]
) -> dict[str, Failure]:
    statement = select(FailureRow).where(
        FailureRow.connection == connection, is_among(col(FailureRow.identity), identities)
    )
    return {
        row.identity: Failure(row.kind, row.message, row.attempts, row.version)
        for row in await session.exec(statement)
    }
