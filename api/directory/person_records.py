"""What does the directory know of a person? A record has the rows of identity, user and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.administration_tables import AuditEntry, LoggedRequest
from api.directory.tables import ApiTable
from contracts.names import trimmed

TABLES = ApiTable.metadata.tables
IDENTITIES, USERS = TABLES["identities"], TABLES["users"]
GROUPS, MEMBERSHIPS = TABLES["groups"], TABLES["memberships"]
REQUESTS = TABLES[str(LoggedRequest.__tablename__)]
AUDIT = TABLES[str(AuditEntry.__tablename__)]

Row = Mapping[str, Any] | RowMapping

MOST_REQUESTS = 50
"""The newest requests, and the newest changes of administrators, that are read of a person."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """The rows of a person; ``user`` is None once the user is deleted.

    ``requests`` and ``audited`` are the newest rows of the request log and of the audit log.
    ``decided`` are rows of the audit log on losses that a brake held, of several people or of all:
    the newest ones, and of those from the beginning of the person's holds on the oldest.
    """

    identity: Row
    user: Row | None
    groups: Sequence[str]
    requests: Sequence[Row]
    audited: Sequence[Row]
    decided: Sequence[Row] = ()


async def read_record(
    db: AsyncConnection, connection_id: str, identity_id: str
) -> PersonRecord | None:
    """Return the rows of a person, None if the connection never had one with this id."""
    identity = await _row(db, IDENTITIES, connection_id, identity_id)
    if identity is None:
        return None
    user = await _row(db, USERS, connection_id, identity_id)
    names = identity["groups"]
    if names is None:
        names = await _group_names(db, connection_id, identity_id)
    return PersonRecord(
        identity,
        user,
        sorted(filter(None, map(trimmed, names))),
        await _newest(db, REQUESTS, connection_id, REQUESTS.c.resource_id == identity_id),
        await _newest(db, AUDIT, connection_id, AUDIT.c.subject == identity_id),
        await _decisions(db, connection_id, identity),
    )


async def _decisions(db: AsyncConnection, connection_id: str, identity: Row) -> Sequence[Row]:
    """Return the decisions on several people that the person may be among."""
    of_several = AUDIT.c.action.in_(("held.approve", "held.reject")) & AUDIT.c.subject.is_(None)
    found = {row["number"]: row for row in await _newest(db, AUDIT, connection_id, of_several)}
    holds = [identity[it] for it in ("held_since", "admin_held_since") if identity[it] is not None]
    if holds:
        since = (
            select(AUDIT)
            .where(AUDIT.c.connection_id == connection_id, of_several, AUDIT.c.at >= min(holds))
            .order_by(AUDIT.c.number)
            .limit(MOST_REQUESTS)
        )
        found |= {row["number"]: row for row in (await db.execute(since)).mappings()}
    return list(found.values())


async def _row(db: AsyncConnection, table: Any, connection_id: str, id_: str) -> Row | None:
    statement = select(table).where(table.c.connection_id == connection_id, table.c.id == id_)
    return (await db.execute(statement)).mappings().one_or_none()


async def _group_names(db: AsyncConnection, connection_id: str, user_id: str) -> Sequence[str]:
    of_same = (GROUPS.c.connection_id == MEMBERSHIPS.c.connection_id) & (
        GROUPS.c.id == MEMBERSHIPS.c.group_id
    )
    statement = (
        select(GROUPS.c.display_name)
        .join_from(MEMBERSHIPS, GROUPS, of_same)
        .where(MEMBERSHIPS.c.connection_id == connection_id, MEMBERSHIPS.c.member_id == user_id)
    )
    return list(await db.scalars(statement))


async def _newest(
    db: AsyncConnection, table: Any, connection_id: str, of_person: Any
) -> Sequence[Row]:
    statement = (
        select(table)
        .where(table.c.connection_id == connection_id, of_person)
        .order_by(table.c.number.desc())
        .limit(MOST_REQUESTS)
    )
    return (await db.execute(statement)).mappings().all()
