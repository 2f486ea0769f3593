"""How do a few members come or go at once? PostgreSQL takes a single statement, SQLite four.

The statements do all of a request or nothing. They do nothing where the rows of the members do not
suffice: nested groups, unknown ids, changed labels, users in very many groups, a locked group, a
token that has ended. Such a request takes the way of all others (``api.scim.groups.writes``), which
has an answer for each. Identities are waited for as long as a relay takes, and no longer, so that
the token is valid at the moment of the commit.

Measured in process on PostgreSQL, in turn with the other way, one member more takes 2.6 ms of the
processor in place of 14.7, and one less 2.4 in place of 12.1, in groups of 100 to 10,000.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    FromClause,
    Row,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from api.access.opens import opens
from api.directory.dialects import LOCK_MILLISECONDS, insert_for, is_among, objects_in
from api.directory.tables import ApiTable
from api.outbox.marks import marked_by_parameters
from api.retries import is_locked_out
from api.scim.members.bounds import GROUPS_WITHIN_BOUNDS
from api.scim.members.plain_changes import PlainChange
from api.scim.members.reads import ROW_LOCATION
from api.scim.transactions.transaction import Transaction
from contracts.names import comparison_key

TABLES = ApiTable.metadata.tables
GROUPS, MEMBERSHIPS = TABLES["groups"], TABLES["memberships"]
IDENTITIES = TABLES["identities"]
TOKENS, CONNECTIONS = TABLES["tokens"], TABLES["connections"]

CONNECTION, GROUP = bindparam("connection", type_=String), bindparam("group", type_=String)
USER = "User"
"""The type of members that have an identity."""

DialectInsert = postgresql.Insert | sqlite.Insert


async def change_members_at_once(tx: Transaction, group_id: str, change: PlainChange) -> int | None:
    """Add or remove members; return the revision of the group, or None if nothing was done."""
    values = parameters_of(tx, group_id, change)
    if tx.dialect == "postgresql":
        return await _all_at_once(tx, change, values)
    return await _one_after_the_other(tx, change, values)


def parameters_of(tx: Transaction, group_id: str, change: PlainChange) -> dict[str, Any]:
    """Return the parameters of the statements."""
    return {
        "named": _json_of(change.members),
        "connection": tx.connection_id,
        "group": group_id,
        "digest": tx.connection.digest,
        "now": tx.now,
        "trace_id": tx.trace.correlation_id,
        "trace_parent": tx.trace.traceparent,
    }


async def _all_at_once(tx: Transaction, change: PlainChange, values: dict[str, Any]) -> int | None:
    try:
        revision: int | None = await tx.db.scalar(in_one_statement(adds=change.adds), values)
    except DBAPIError as error:
        if is_locked_out(error):
            return None
        raise
    return revision


async def _one_after_the_other(
    tx: Transaction, change: PlainChange, values: dict[str, Any]
) -> int | None:
    """Look at the rows, then change them, in the only transaction that writes."""
    look_up = group_with_members(adds=change.adds)
    found: Sequence[Row[Any]] = (await tx.db.execute(look_up, values)).all()
    if not found or any(row.is_obstacle for row in found):
        return None
    changed = {row.id: change.members[row.id] for row in found if row.is_changed}
    if not changed:
        return int(found[0].revision)
    values |= {"named": _json_of(changed)}
    for statement in changes_one_by_one(adds=change.adds):
        revision = await tx.db.execute(statement, values)
    return int(revision.scalar_one())


def _json_of(members: Mapping[str, str | None]) -> str:
    rows = [
        {"id": id_, "display": label, "display_key": label and comparison_key(label)}
        for id_, label in members.items()
    ]
    return to_json(rows).decode()


# --- statements, made once ------------------------------------------------------------------


@cache
def in_one_statement(*, adds: bool) -> Select[Any]:
    """Change the members, mark their identities and touch the group, on PostgreSQL.

    All parts of the statement see the same moment, and none the changes of another, so each takes
    what the part before it returns. The group is locked first, then its identities in their order.
    An identity that is missing among the locked ones is an obstacle.

    :raises DBAPIError: when an identity stays locked.
    """
    patience = func.set_config("lock_timeout", f"{LOCK_MILLISECONDS}ms", true())
    free = _group().where(patience.is_not(None)).with_for_update(skip_locked=True, of=GROUPS)
    group = free.cte("locked_group")
    looked = _looked_up("postgresql", adds=adds).cte("looked_up")
    people = _identities(select(looked.c.id).where(looked.c.has_identity))
    locked = people.where(exists(select(group.c.revision))).with_for_update().cte("locked")
    ready = (
        select(group.c.revision)
        .where(
            _count(select(locked.c.id)) == _count(select(looked.c.id).where(looked.c.has_identity)),
            ~exists(select(looked.c.id).where(looked.c.is_obstacle)),
        )
        .cte("ready")
    )
    to_change = looked.c.is_changed & exists(select(ready.c.revision))
    written = _added(looked, to_change, "postgresql") if adds else _removed_at(looked, to_change)
    changed = written.returning(MEMBERSHIPS.c.member_id).cte("changed")
    marked = _marked(select(changed.c.member_id)).returning(IDENTITIES.c.id).cte("marked")
    touched = _touched(exists(select(changed.c.member_id))).cte("touched")
    newest = select(touched.c.revision).scalar_subquery()
    return select(func.coalesce(newest, ready.c.revision)).add_cte(marked)


@cache
def group_with_members(*, adds: bool) -> Select[Any]:
    """Select the members that are named, each with the revision of the group, on SQLite."""
    group, looked = _group().subquery(), _looked_up("sqlite", adds=adds).subquery()
    shown = (group.c.revision, looked.c.id, looked.c.is_changed, looked.c.is_obstacle)
    return select(*shown).select_from(group.join(looked, true()))


@cache
def changes_one_by_one(*, adds: bool) -> Sequence[DialectInsert | Delete | Update]:
    """Return the statements that change the members that are named, on SQLite; the group's last."""
    named = _named("sqlite")
    ids = select(named.c.id)
    removed = delete(MEMBERSHIPS).where(*IN_GROUP, is_among(MEMBERSHIPS.c.member_id, ids))
    return (_added(named, true(), "sqlite") if adds else removed, _marked(ids), _touched(true()))


IN_GROUP = (MEMBERSHIPS.c.connection_id == CONNECTION, MEMBERSHIPS.c.group_id == GROUP)
OF_PERSON = (IDENTITIES.c.connection_id == CONNECTION, IDENTITIES.c.deleted.is_(False))


def _group() -> Select[Any]:
    """Select the group, if the token still opens the connection."""
    is_open = exists().where(
        TOKENS.c.digest == bindparam("digest", type_=String),
        TOKENS.c.connection_id == CONNECTION,
        opens(TOKENS, CONNECTIONS),
    )
    of_group = (GROUPS.c.connection_id == CONNECTION, GROUPS.c.id == GROUP)
    return select(GROUPS.c.revision).where(*of_group, is_open)


def _named(dialect: str) -> FromClause:
    return objects_in(bindparam("named", type_=String), ("id", "display", "display_key"), dialect)


def _looked_up(dialect: str, *, adds: bool) -> Select[Any]:
    """Select the members that are named, with the state of each.

    ``is_changed`` are those that come or go, ``has_identity`` those of them that are marked, and
    ``is_obstacle`` those that the other way has to look at.
    """
    named = _named(dialect)

    def stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
        member = select(column).where(*IN_GROUP, MEMBERSHIPS.c.member_id == named.c.id)
        return member.correlate(named).scalar_subquery()

    is_member = stored(MEMBERSHIPS.c.member_id).is_not(None)
    if not adds:
        is_user = func.coalesce(stored(MEMBERSHIPS.c.member_type) == USER, false())
        location = stored(ROW_LOCATION).label("location")
        return select(
            *named.c,
            location,
            is_member.label("is_changed"),
            is_user.label("has_identity"),
            false().label("is_obstacle"),
        )
    is_relabelled = and_(
        named.c.display.is_not(None),
        named.c.display.is_distinct_from(stored(MEMBERSHIPS.c.display)),
    )
    is_new = ~is_member
    return select(
        *named.c,
        is_new.label("is_changed"),
        is_new.label("has_identity"),
        case((is_member, is_relabelled), else_=~_fits(named.c.id)).label("is_obstacle"),
    )


def _fits(id_: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a user exists and may be in one more group of any name."""
    groups = select(func.count()).where(
        MEMBERSHIPS.c.connection_id == CONNECTION, MEMBERSHIPS.c.member_id == id_
    )
    is_person = exists().where(*OF_PERSON, IDENTITIES.c.id == id_)
    return and_(is_person, groups.scalar_subquery() < GROUPS_WITHIN_BOUNDS)


def _identities(ids: Select[str]) -> Select[str]:
    """Select the identities of these ids in their order."""
    among = is_among(IDENTITIES.c.id, ids)
    return select(IDENTITIES.c.id).where(*OF_PERSON, among).order_by(IDENTITIES.c.id)


def _count(rows: Select[Any]) -> ColumnElement[int]:
    return select(func.count()).select_from(rows.subquery()).scalar_subquery()


# --- changes --------------------------------------------------------------------------------


def _added(members: FromClause, condition: ColumnElement[bool], dialect: str) -> DialectInsert:
    """Insert members; a member that another transaction has just added is left as it is."""
    values = {
        "connection_id": CONNECTION,
        "group_id": GROUP,
        "member_id": members.c.id,
        "member_type": literal(USER),
        "display": members.c.display,
        "display_key": members.c.display_key,
    }
    new = select(*values.values()).select_from(members).where(condition)
    inserted = insert_for(dialect, MEMBERSHIPS).from_select([*values], new)
    return inserted.on_conflict_do_nothing()


def _removed_at(members: FromClause, condition: ColumnElement[bool]) -> Delete:
    locations = select(members.c.location).where(condition)
    return delete(MEMBERSHIPS).where(is_among(ROW_LOCATION, locations))


def _marked(ids: Select[str]) -> Update:
    which = (IDENTITIES.c.connection_id == CONNECTION, is_among(IDENTITIES.c.id, ids))
    return update(IDENTITIES).where(*which).values(marked_by_parameters())


def _touched(condition: ColumnElement[bool]) -> Update:
    of_group = (GROUPS.c.connection_id == CONNECTION, GROUPS.c.id == GROUP)
    newer = {"modified_at": bindparam("now", type_=BigInteger), "revision": GROUPS.c.revision + 1}
    return update(GROUPS).where(*of_group, condition).values(newer).returning(GROUPS.c.revision)
