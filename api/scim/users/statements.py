"""How are many users read and written at once? A statement takes any number in one parameter.

Statements are made once for each dialect: to make one takes longer than to run it.
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
from api.directory.hot_statements import Row
from api.directory.identity_rows import DECIDING_COLUMNS
from api.directory.tables import ApiTable
from api.scim.users.json_in_sql import groups_in, json_of_groups

TABLES: Mapping[str, Table] = ApiTable.metadata.tables
USERS, IDENTITIES = TABLES["users"], TABLES["identities"]

RESOURCE_TEXT = cast(USERS.c.resource, String).label("resource")
"""The stored JSON of a user as text: an answer that only shows it need not parse it."""

USER_COLUMNS = (
    "connection_id",
    "id",
    "resource",
    "created_at",
    "modified_at",
    "revision",
    "groups",
)
"""The columns that are read of a user, in this order; ``groups`` is JSON without brackets."""

IDENTITY_PREFIX = "identity_"
"""The prefix of an identity's columns in a row that holds a user as well."""


class UserKey(NamedTuple):
    """The key by which a user of a connection is found: its id, or the key of its userName."""

    connection_id: str
    key: str


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as it is stored. Times are microseconds since the epoch.

    ``resource`` is the canonical JSON of the user without derived attributes, ``groups`` are the
    groups that the user is in: objects of ``value`` and ``display``.
    """

    connection_id: str
    id: str
    resource: str
    created_at: int
    modified_at: int
    revision: int
    groups: Sequence[Mapping[str, str]] = ()

    @property
    def key(self) -> UserKey:
        """Return the key by which the user is found by its id."""
        return UserKey(self.connection_id, self.id)

    @property
    def group_names_and_ids(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the groups, in order, and the ids of these groups."""
        named = sorted((group["display"], group["value"]) for group in self.groups)
        return tuple(name for name, _ in named), tuple(id_ for _, id_ in named)


IDENTITY_COLUMNS = tuple(
    IDENTITIES.c[name].label(f"{IDENTITY_PREFIX}{name}") for name in DECIDING_COLUMNS
)
"""The columns of an identity that are read with its user: half of all."""


# --- reading --------------------------------------------------------------------------------


async def find_by_id(
    db: AsyncConnection, keys: Collection[UserKey]
) -> Mapping[UserKey, StoredUser]:
    """Return the users that exist among keys of ids, by their keys."""
    rows = await db.execute(_select_by(USERS.c.id, db.dialect.name), {"asked": _json_of_keys(keys)})
    users = [_stored_user(*row[: len(USER_COLUMNS)]) for row in rows]
    return {user.key: user for user in users}


async def find_by_user_name(
    db: AsyncConnection, keys: Collection[UserKey]
) -> Mapping[UserKey, StoredUser]:
    """Return the users that exist among keys of userNames, by their keys."""
    statement = _select_by(USERS.c.user_name_key, db.dialect.name)
    rows = (await db.execute(statement, {"asked": _json_of_keys(keys)})).mappings()
    return {UserKey(row["connection_id"], row["user_name_key"]): stored_of(row) for row in rows}


async def lock(
    db: AsyncConnection, keys: Collection[UserKey], *, wait: bool
) -> Mapping[UserKey, RowMapping]:
    """Lock users and their identities; return a row with both for each user, by its key.

    :param wait: False skips users that another transaction has locked.
    """
    statement = _lock_statement(db.dialect.name, skip_locked=not wait)
    rows = (await db.execute(statement, {"asked": _json_of_keys(keys)})).mappings()
    return {UserKey(row["connection_id"], row["id"]): row for row in rows}


def stored_of(row: Row) -> StoredUser:
    """Return the user of a row that has its columns."""
    return _stored_user(*(row[name] for name in USER_COLUMNS))


def _json_of_keys(keys: Iterable[UserKey]) -> str:
    return to_json([{"connection_id": it.connection_id, "key": it.key} for it in keys]).decode()


@cache
def _select_by(key: ColumnElement[str], dialect: str) -> Select[Any]:
    return users_with(USERS.c.user_name_key).where(*_match_keys(key, dialect))


@cache
def _lock_statement(dialect: str, *, skip_locked: bool) -> Select[Any]:
    users_with_identities = USERS.join(
        IDENTITIES,
        (IDENTITIES.c.connection_id == USERS.c.connection_id) & (IDENTITIES.c.id == USERS.c.id),
    )
    return (
        users_with(USERS.c.user_name_key, *IDENTITY_COLUMNS)
        .select_from(users_with_identities)
        .where(*_match_keys(USERS.c.id, dialect))
        .order_by(USERS.c.id)
        .with_for_update(of=[USERS, IDENTITIES], skip_locked=skip_locked)
    )


def users_with(*columns: ColumnElement[Any]) -> Select[Any]:
    """Select the columns of users, and further columns."""
    return select(
        USERS.c.connection_id,
        USERS.c.id,
        RESOURCE_TEXT,
        USERS.c.created_at,
        USERS.c.modified_at,
        USERS.c.revision,
        json_of_groups().label("groups"),
        *columns,
    )


def _match_keys(
    key: ColumnElement[str], dialect: str
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions on the connections and on the keys; pairs of both are not compared.

    A user of another connection with the same key is read as well, which is rare and harmless.
    """
    keys = _keys_table(dialect)
    return (
        is_among(USERS.c.connection_id, select(keys.c.connection_id).distinct()),
        is_among(key, select(keys.c.key)),
    )


def _keys_table(dialect: str) -> FromClause:
    return objects_in(bindparam("asked", type_=String), ("connection_id", "key"), dialect)


def _stored_user(*columns: Any) -> StoredUser:
    connection_id, id_, resource, created_at, modified_at, revision, groups = columns
    in_groups = groups_in(groups)
    return StoredUser(connection_id, id_, resource, created_at, modified_at, revision, in_groups)


# --- writing --------------------------------------------------------------------------------


async def add(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Insert users, and return the ids of those whose userNames were free.

    Of users with the same userName, the first one is inserted.
    """
    added = await db.scalars(_added(USERS, db.dialect.name), {"rows": to_json(rows).decode()})
    return frozenset(added)


async def add_identities(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the identities of new users."""
    await db.execute(_added(IDENTITIES, db.dialect.name), {"rows": to_json(rows).decode()})


async def change(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new states of locked users; all rows have the same columns.

    :raises IntegrityError: when a userName is taken.
    """
    await _change(db, USERS, rows)


async def change_identities(db: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new states of locked identities; all rows have the same columns."""
    await _change(db, IDENTITIES, rows)


@cache
def _added(table: Table, dialect: str) -> Insert:
    rows = rows_in(bindparam("rows", type_=String), list(table.c), dialect)
    keys = [column.name for column in table.c]
    # SQLite would take ON CONFLICT for a part of a SELECT without WHERE.
    selected = select(*(rows.c[name] for name in keys)).where(rows.c.id.is_not(None))
    inserted = insert_for(dialect, table).from_select(keys, selected)
    return inserted.on_conflict_do_nothing().returning(table.c.id)


async def _change(db: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await db.execute(_changed(table, frozenset(rows[0])), rows)


@cache
def _changed(table: Table, keys: frozenset[str]) -> Update:
    return (
        update(table)
        .where(
            table.c.connection_id == bindparam("of_connection"), table.c.id == bindparam("of_id")
        )
        .values({name: bindparam(name) for name in keys if name in table.c})
    )
