"""How are users read and written in one round trip? Each statement checks its tokens itself.

A statement takes any number of requests in one parameter. It finds for each request whether the
token is live at this moment, with the rules of the connection, and reads or writes for live tokens
only. On PostgreSQL it is a transaction of its own.
"""

from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    cast,
    column,
    insert,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.selectable import FromClause

from api.access.opens import opens
from api.directory.dialects import insert_for, rows_in
from api.directory.hot_statements import HotStatement
from api.directory.tables import ApiTable
from api.scim.users.statements import IDENTITIES, IDENTITY_COLUMNS, USERS, users_with

TABLES = ApiTable.metadata.tables
TOKENS, CONNECTIONS = TABLES["tokens"], TABLES["connections"]

POSTGRES, SQLITE = "postgresql", "sqlite"
DIGEST = column("digest", String)

ASKED: list[ColumnElement[Any]] = [
    column("number", Integer),
    DIGEST,
    column("connection_id", String),
    column("key", String),
]
"""The columns of requests that ask for a user by a key."""

KEYS: list[ColumnElement[Any]] = [column("of_connection", String), column("of_id", String)]
"""The columns of the user that a new state belongs to."""

SAME_IDENTITY = and_(
    IDENTITIES.c.connection_id == USERS.c.connection_id, IDENTITIES.c.id == USERS.c.id
)

UNCHANGED = ("version", "dirty_lane", "dirty_since", "leaving")
"""The columns of an identity on which a decision builds, besides the user's revision: every change
of an identity gives it a new version, its mark may be cleared meanwhile, and a leaving judged."""


def _asked(
    columns: list[ColumnElement[Any]], name: str = "asked", dialect: str = POSTGRES
) -> FromClause:
    return rows_in(bindparam(name, type_=String), columns, dialect)


def rules_if_live(
    digest: ColumnElement[str], connection_id: ColumnElement[str]
) -> ScalarSelect[str]:
    """Return the rules of a request's connection as text; NULL unless its token is live.

    A subquery of one value is found by index for each request, whatever the statistics say.
    """
    return (
        select(cast(CONNECTIONS.c.rules, String))
        .join_from(CONNECTIONS, TOKENS, opens(TOKENS, CONNECTIONS))
        .where(TOKENS.c.digest == digest, TOKENS.c.connection_id == connection_id)
        .scalar_subquery()
    )


@cache
def finding(key: ColumnElement[str], dialect: str, *, with_identity: bool = False) -> HotStatement:
    """Return the statement that finds users by a key.

    Its rows have for each request: its number, its digest, the rules if the token is live, and the
    columns of the user, which are NULL without one.
    """
    asked = _asked(ASKED, dialect=dialect)
    user = users_with(USERS.c.user_name_key, *(IDENTITY_COLUMNS if with_identity else ()))
    if with_identity:
        user = user.join(IDENTITIES, SAME_IDENTITY)
    same_user = and_(USERS.c.connection_id == asked.c.connection_id, key == asked.c.key)
    rules = rules_if_live(asked.c.digest, asked.c.connection_id).label("rules")
    columns = [asked.c.number, asked.c.digest, rules]
    if dialect == POSTGRES:
        # The limit keeps the planner from turning the subquery into a join of whole tables.
        found = user.where(same_user).limit(literal_column("1")).lateral("found")
        statement = select(*columns, *found.c).join_from(asked, found, true(), isouter=True)
    else:
        users = asked.outerjoin(USERS, same_user)
        source = users.outerjoin(IDENTITIES, SAME_IDENTITY) if with_identity else users
        statement = select(*columns, *user.selected_columns).select_from(source)
    return HotStatement.of(statement, dialect)


@cache
def adding() -> HotStatement:
    """Return the statement of PostgreSQL that inserts users with their identities.

    Its rows have for each user: id, digest, whether it was inserted, and the rules if the token is
    live. Users are inserted in the given order, against deadlocks. Of users with the same userName,
    the first one is inserted.
    """
    asked = select(*_asked([*USERS.c, DIGEST], "users").c).cte("asked")
    rules = rules_if_live(asked.c.digest, asked.c.connection_id)
    added = _added(asked, POSTGRES).cte("added")
    new = _asked(list(IDENTITIES.c), "identities")
    of_added = select(*new.c).where(new.c.id.in_(select(added.c.id)))
    identities = insert(IDENTITIES).from_select([it.name for it in IDENTITIES.c], of_added)
    outcome = select(
        asked.c.id,
        asked.c.digest,
        asked.c.id.in_(select(added.c.id)).label("added"),
        rules.label("rules"),
    )
    return HotStatement.of(outcome.add_cte(identities.cte("identity")), POSTGRES)


@cache
def adding_users_on_sqlite() -> HotStatement:
    """Return the statement of SQLite that inserts users; its rows are the ids of the new ones."""
    asked = _asked([*USERS.c, DIGEST], "users", SQLITE)
    return HotStatement.of(_added(asked, SQLITE), SQLITE)


@cache
def adding_identities_on_sqlite() -> HotStatement:
    """Return the statement of SQLite that inserts identities."""
    new = _asked(list(IDENTITIES.c), "identities", SQLITE)
    names = [it.name for it in IDENTITIES.c]
    return HotStatement.of(insert(IDENTITIES).from_select(names, select(*new.c)), SQLITE)


@cache
def changing_on_sqlite(table: Table, names: frozenset[str]) -> HotStatement:
    """Return the statement of SQLite that stores new states of rows that were read under its lock.

    :param names: the columns of a state; those of the keys are no columns of the table.
    """
    columns = [it for it in table.c if it.name in names]
    states = _asked([*KEYS, *columns], "states", SQLITE)
    values = {it.name: states.c[it.name] for it in columns}
    return HotStatement.of(update(table).values(values).where(_is_of(table, states)), SQLITE)


@cache
def checking(dialect: str) -> HotStatement:
    """Return the statement that finds live tokens: its rows have a digest, and rules if it is."""
    asked = _asked([DIGEST, column("connection_id", String)], dialect=dialect)
    rules = rules_if_live(asked.c.digest, asked.c.connection_id)
    return HotStatement.of(select(asked.c.digest, rules.label("rules")), dialect)


def _added(asked: FromClause, dialect: str) -> ReturningInsert[tuple[str]]:
    names = [it.name for it in USERS.c]
    rules = rules_if_live(asked.c.digest, asked.c.connection_id)
    live = select(*(asked.c[name] for name in names)).where(rules.is_not(None))
    inserted = insert_for(dialect, USERS).from_select(names, live)
    return inserted.on_conflict_do_nothing().returning(USERS.c.id)


@cache
def changing(user_columns: frozenset[str], identity_columns: frozenset[str]) -> HotStatement:
    """Return the statement that stores new states of users, if they still build on the newest.

    Its rows have the key of each user that was changed. First the rows of users and identities are
    locked that are not locked already, and are as they were when the states were decided, with live
    tokens and the rules of that moment. Only then both are changed, or neither. Without columns of
    identities, only users change.
    """
    basis: list[ColumnElement[Any]] = [
        DIGEST,
        column("rules", String),
        column("of_revision", BigInteger),
    ]
    basis += [column(f"of_{name}", BigInteger) for name in UNCHANGED]
    asked = select(*_asked([*KEYS, *basis], "basis").c).cte("basis")
    locked = _locked(asked).cte("locked")
    users = _stored(USERS, user_columns, "users", locked)
    outcome = select(locked.c.connection_id, locked.c.id).add_cte(users.cte("changed"))
    if identity_columns:
        identities = _stored(IDENTITIES, identity_columns, "identities", locked)
        outcome = outcome.add_cte(identities.cte("identity"))
    return HotStatement.of(outcome, POSTGRES)


def _locked(asked: FromClause) -> Select[Any]:
    unchanged = (
        IDENTITIES.c[name].is_not_distinct_from(asked.c[f"of_{name}"]) for name in UNCHANGED
    )
    return (
        select(USERS.c.connection_id, USERS.c.id)
        .join(IDENTITIES, SAME_IDENTITY)
        .join(asked, _is_of(USERS, asked))
        .where(
            USERS.c.revision == asked.c.of_revision,
            *unchanged,
            rules_if_live(asked.c.digest, asked.c.of_connection) == asked.c.rules,
        )
        .order_by(USERS.c.id)
        .with_for_update(of=[USERS, IDENTITIES], skip_locked=True)
    )


def _stored(table: Table, names: frozenset[str], parameter: str, locked: CTE) -> Update:
    columns = [it for it in table.c if it.name in names]
    states = _asked([*KEYS, *columns], parameter)
    return (
        update(table)
        .values({it.name: states.c[it.name] for it in columns})
        .where(
            states.c.of_connection == locked.c.connection_id,
            states.c.of_id == locked.c.id,
            _is_of(table, states),
        )
    )


def _is_of(table: Table, states: FromClause) -> ColumnElement[bool]:
    return and_(table.c.connection_id == states.c.of_connection, table.c.id == states.c.of_id)
