"""What can be done to a connection? Switch SCIM on, change rules and tokens, publish again."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from unicodedata import normalize

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.access.tokens import issue_token, revoke_tokens
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Connection
from api.errors import (
    RulesOfAnotherPortal,
    UnknownConnection,
    UnknownIdentity,
    UnusableWorkspaceName,
)
from api.http.correlation import new_trace
from api.outbox.marks import mark_connection, mark_identities
from contracts.rules import RULES, Portal, Rules

LONGEST_SLUG = 50
"""Characters of a connection's id that come from its workspace: it is part of every URL."""


@dataclass(frozen=True, slots=True)
class ConnectionInUse:
    """A connection and its rules. ``created_at`` is in microseconds since the epoch."""

    id: str
    workspace: str
    portal: Portal
    rules: Rules
    created_at: int


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection that was made just now, and its token, which is shown this once."""

    id: str
    token: str


async def create_connection(
    database: DirectoryDatabase, workspace: str, rules: Rules, now: int
) -> NewConnection:
    """Switch SCIM on for the portal of the rules; a portal may have several connections.

    :raises UnusableWorkspaceName: when no id can be derived from the workspace.
    """
    stem = f"{slug_of(workspace)}-{rules.portal}"
    values = {
        "workspace": workspace,
        "portal": rules.portal,
        "rules": RULES.dump_python(rules, mode="json"),
        "created_at": now,
    }
    async with database.write() as db:
        for number in count(1):
            id_ = stem if number == 1 else f"{stem}-{number}"
            if await _insert(db, values | {"id": id_}):
                break
        return NewConnection(id_, await issue_token(db, id_, now))


async def list_connections(
    database: DirectoryDatabase, workspace: str | None = None
) -> Sequence[ConnectionInUse]:
    """Return the connections, of one workspace or of all, in the order of their ids."""
    statement = select(Connection.__table__).order_by(col(Connection.id))  # type: ignore[attr-defined]
    if workspace is not None:
        statement = statement.where(col(Connection.workspace) == workspace)
    async with database.read() as db:
        return [_in_use(row) for row in (await db.execute(statement)).mappings()]


async def get_connection(database: DirectoryDatabase, connection_id: str) -> ConnectionInUse:
    """Return a connection.

    :raises UnknownConnection: when there is none with this id.
    """
    async with database.read() as db:
        return await _find(db, connection_id)


async def change_rules(
    database: DirectoryDatabase,
    connection_id: str,
    rules: Rules,
    now: int,
    *,
    except_for: Collection[str] = (),
) -> int:
    """Replace the rules and publish every identity under them; return how many there are.

    :param except_for: identities that are not published: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises RulesOfAnotherPortal: when the rules are not for its portal.
    """
    async with database.write() as db:
        connection = await _find(db, connection_id, lock=True)
        if connection.portal != rules.portal:
            raise RulesOfAnotherPortal(connection_id, connection.portal, rules.portal)
        await db.execute(
            update(Connection)
            .where(col(Connection.id) == connection_id)
            .values(rules=RULES.dump_python(rules, mode="json"))
        )
        return await mark_connection(db, connection_id, new_trace(), now, except_for=except_for)


async def rotate_token(
    database: DirectoryDatabase, connection_id: str, now: int, *, keep_old: bool = False
) -> str:
    """Return a new token. Earlier ones end with it, unless they are kept until the next rotation.

    :raises UnknownConnection: when there is no connection with this id.
    """
    async with database.write() as db:
        await _find(db, connection_id, lock=True)
        if not keep_old:
            await revoke_tokens(db, connection_id, now)
        return await issue_token(db, connection_id, now)


async def resync(
    database: DirectoryDatabase,
    connection_id: str,
    now: int,
    *,
    identity: str | None = None,
    except_for: Collection[str] = (),
) -> int:
    """Publish one identity again, or all of a connection; return how many.

    :param except_for: identities that are not published: leavers unknown to the directory.
    :raises UnknownConnection: when there is no connection with this id.
    :raises UnknownIdentity: when the connection never had this identity.
    """
    async with database.write() as db:
        await _find(db, connection_id)
        if identity is None:
            return await mark_connection(db, connection_id, new_trace(), now, except_for=except_for)
        if identity in except_for:
            return 0
        marked = await mark_identities(db, connection_id, [identity], new_trace(), now)
        if not marked:
            raise UnknownIdentity(connection_id, identity)
        return marked


async def _insert(db: AsyncConnection, values: dict[str, object]) -> bool:
    """Insert a connection, unless its id is taken, be it in a race."""
    try:
        async with db.begin_nested():
            await db.execute(insert(Connection).values(values))
    except IntegrityError:
        return False
    return True


async def _find(db: AsyncConnection, connection_id: str, *, lock: bool = False) -> ConnectionInUse:
    statement = select(Connection.__table__).where(col(Connection.id) == connection_id)  # type: ignore[attr-defined]
    if lock:
        statement = statement.with_for_update(key_share=True)  # rows that refer to it may come
    row = (await db.execute(statement)).mappings().one_or_none()
    if row is None:
        raise UnknownConnection(connection_id)
    return _in_use(row)


def _in_use(row: RowMapping) -> ConnectionInUse:
    return ConnectionInUse(
        id=row["id"],
        workspace=row["workspace"],
        portal=Portal(row["portal"]),
        rules=RULES.validate_python(row["rules"]),
        created_at=row["created_at"],
    )


def slug_of(workspace: str) -> str:
    """Return a workspace's name in the characters of a connection id: ``[a-z0-9-]``."""
    plain = normalize("NFKD", workspace).encode("ascii", "ignore").decode().lower()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    if not 0 < len(slug) <= LONGEST_SLUG:
        raise UnusableWorkspaceName(workspace)
    return slug
