"""How are users read and written in numbers? Each statement serves any number, from one parameter.

They are made once for each dialect: making one takes longer than running it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Insert,
    RowMapping,
    Select,
    String,
    Table,
    Update,
    bindparam,
    cast,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import FromClause

from api.directory.dialects import (
    insert_for,
    is_among,
    objects_in,
    rows_in,
)
from api.directory.tables import ApiTable
from api.scim.users.json_in_sql import groups_in, json_of_groups

TABLES: Mapping[str, Table] = ApiTable.metadata.tables
USERS, IDENTITIES = TABLES["users"], TABLES["identities"]

TEXT = cast(USERS.c.resource, String).label("resource")
"""The resource as it is stored: whoever only shows it need not read it."""

OF_USER = (
    "connection_id",
    "id",
    "resource",
    "created_at",
    "modified_at",
    "revision",
    "groups",
)
"""What is read of a user, in this order; its groups are JSON without the brackets."""

OF_IDENTITY = "identity_"
"""How the columns of the identity begin, where it is read together with the user."""


class UserName(NamedTuple):
    """A user of a connection, by its id or by the key of its userName."""

    connection_id: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as it is stored. Times are microseconds since the epoch.

    ``resource`` is its canonical JSON without what is derived, ``groups`` are those that it is in:
    objects of ``value`` and ``display``.
    """

    connection_id: str
    id: str
    resource: str
    created_at: int
    modified_at: int
    revision: int
    groups: Sequence[Mapping[str, str]] = ()

    @property
    def name(self) -> UserName:
        """Return how it is found by its id."""
        return UserName(self.connection_id, self.id)


# --- reading --------------------------------------------------------------------------------


async def find_by_id(
    db: AsyncConnection, names: Collection[UserName]
) -> Mapping[UserName, StoredUser]:
    """Return the users that there are, by their ids."""
    rows = await db.execute(_found_by(USERS.c.id, db.dialect.name), {"asked": _asked(names)})
    users = [_stored(*row[: len(OF_USER)]) for row in rows]
    return {user.name: user for user in users}


async def find_by_user_name(
    db: AsyncConnection, names: Collection[UserName]
) -> Mapping[UserName, StoredUser]:
    """Return the users that there are, by the keys of their userNames."""
    statement = _found_by(USERS.c.user_name_key, db.dialect.name)
    rows = (await db.execute(statement, {"asked": _asked(names)})).mappings()
    return {UserName(row["connection_id"], row["user_name_key"]): stored_of(row) for row in rows}


async def lock(
    db: AsyncConnection, names: Collection[UserName], *, wait: bool
) -> Mapping[UserName, RowMapping]:
    """Lock users with their identities and return both as one row each.

    :param wait: False leaves out those that somebody else has locked.
    """
    statement = _locked(db.dialect.name, skip_locked=not wait)
    rows = (await db.execute(statement, {"asked": _asked(names)})).mappings()
    return {UserName(row["connection_id"], row["id"]): row for row in rows}


def stored_of(row: RowMapping) -> StoredUser:
    """Return the user of a row that was locked."""
    return _stored(*(row[name] for name in OF_USER))


def _asked(names: Iterable[UserName]) -> str:
    return to_json([{"connection_id": it.connection_id, "key": it.key} for it in names]).decode()


@cache
def _found_by(key: ColumnElement[str], dialect: str) -> Select[Any]:
    return users_with(USERS.c.user_name_key).where(*_are_asked_for(key, dialect))


@cache
def _locked(dialect: str, *, skip_locked: bool) -> Select[Any]:
    identity = [it.label(f"{OF_IDENTITY}{it.name}") for it in IDENTITIES.c]
    both = USERS.join(
        IDENTITIES,
        (IDENTITIES.c.connection_id == USERS.c.connection_id) & (IDENTITIES.c.id == USERS.c.id),
    )
    return (
        users_with(USERS.c.user_name_key, *identity)
        .select_from(both)
        .where(*_are_asked_for(USERS.c.id, dialect))
        .order_by(USERS.c.id)
        .with_for_update(of=[USERS, IDENTITIES], skip_locked=skip_locked)
    )


def users_with(*columns: ColumnElement[Any]) -> Select[Any]:
    """Return a statement that reads users, and more columns."""
    return select(
        USERS.c.connection_id,
        USERS.c.id,
        TEXT,
        USERS.c.created_at,
        USERS.c.modified_at,
        USERS.c.revision,
        json_of_groups().label("groups"),
        *columns,
    )


def _are_asked_for(
    key: ColumnElement[str], dialect: str
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Match by connections and keys apart; a user of one connection is rarely asked of another."""
    asked = _asked_table(dialect)
    return (
        is_among(USERS.c.connection_id, select(asked.c.connection_id).distinct()),
        is_among(key, select(asked.c.key)),
    )


def _asked_table(dialect: str) -> FromClause:
    return objects_in(bindparam("asked", type_=String), ("connection_id", "key"), dialect)


def _stored(*columns: Any) -> StoredUser:
    connection_id, id_, resource, created_at, modified_at, revision, groups = columns
    in_groups = groups_in(groups)
    return StoredUser(connection_id, id_, resource, created_at, modified_at, revision, in_groups)


# --- writing --------------------------------------------------------------------------------


async def add(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Add users, and return the ids of those whose userNames were free.

    Of those of the same name the first one is added.
    """
    added = await db.scalars(_added(USERS, db.dialect.name), {"rows": to_json(rows).decode()})
    return frozenset(added)


async def add_identities(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the identities of new users."""
    await db.execute(_added(IDENTITIES, db.dialect.name), {"rows": to_json(rows).decode()})


async def change(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new states of users that are locked. Rows name the columns that change, all the same.

    :raises IntegrityError: when a userName is taken.
    """
    await _change(db, USERS, rows)


async def change_identities(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new states of identities that are locked."""
    await _change(db, IDENTITIES, rows)


@cache
def _added(table: Table, dialect: str) -> Insert:
    rows = rows_in(bindparam("rows", type_=String), list(table.c), dialect)
    names = [column.name for column in table.c]
    # SQLite would take ON CONFLICT for a part of a SELECT without WHERE.
    selected = select(*(rows.c[name] for name in names)).where(rows.c.id.is_not(None))
    inserted = insert_for(dialect, table).from_select(names, selected)
    return inserted.on_conflict_do_nothing().returning(table.c.id)


async def _change(db: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await db.execute(_changed(table, frozenset(rows[0])), rows)


@cache
def _changed(table: Table, names: frozenset[str]) -> Update:
    return (
        update(table)
        .where(
            table.c.connection_id == bindparam("of_connection"), table.c.id == bindparam("of_id")
        )
        .values({name: bindparam(name) for name in names if name in table.c})
    )
