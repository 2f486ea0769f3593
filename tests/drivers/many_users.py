"""How do tests come by many users and large groups? A user that was pushed, many times over.

Its rows are copied in SQL under other names, which takes seconds where pushing took minutes.
"""

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from json import dumps
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import DirectoryDatabase, objects_in, rows_in
from api.directory.tables import Identity, Membership, UserRow

PATTERN = "person-0"
"""What is different in the copies: the user that is copied has it in its names."""

AT_ONCE = 20_000

TABLES = "users, groups, identities, memberships, user_ranges, user_range_changes"
VACUUM = f"VACUUM (ANALYZE, PARALLEL 0) {TABLES}"
"""By one process: several share memory, of which a container has little."""

COPIES: Sequence[ColumnElement[Any]] = [
    column("id", String),
    column("number", BigInteger),
    column("name", String),
]


def named(number: int) -> str:
    """Return what the n-th copy has in its names."""
    return f"person-{number}"


async def multiply(
    database: DirectoryDatabase, connection: str, pattern: str, numbers: range
) -> list[str]:
    """Copy a user, whose names contain ``PATTERN``, and its identity; return the ids in order.

    The copies are created a microsecond after each other.
    """
    made: list[str] = []
    for some in _chunks(numbers):
        people = [{"id": uuid.uuid4().hex, "number": n, "name": named(n)} for n in some]
        async with database.write() as db:
            for table in (UserRow.__table__, Identity.__table__):  # type: ignore[attr-defined]
                await _copy(db, table, connection, pattern, dumps(people))
        made.extend(person["id"] for person in people)
    await analyze(database)
    return made


async def join(
    database: DirectoryDatabase, connection: str, group: str, members: Sequence[str]
) -> None:
    """Put users into a group."""
    for some in _chunks(members):
        text_of = literal(dumps([{"id": id_} for id_ in some]))
        columns = ["connection_id", "group_id", "member_id", "member_type"]
        async with database.write() as db:
            people = objects_in(text_of, ["id"], db.dialect.name).c
            rows = select(literal(connection), literal(group), people.id, literal("User"))
            await db.execute(insert(Membership).from_select(columns, rows))
    await analyze(database)


async def _copy(
    db: AsyncConnection, table: FromClause, connection: str, pattern: str, people: str
) -> None:
    objects = rows_in(literal(people), COPIES, db.dialect.name)
    values: dict[str, Any] = {
        it.name: _renamed(it, objects.c.name, db.dialect.name)
        if isinstance(it.type, String) or "JSON" in str(it.type)
        else it
        for it in table.c
    } | {"id": objects.c.id, "connection_id": literal(connection)}
    if "created_at" in values:
        values["created_at"] += objects.c.number
    original = (table.c.connection_id == connection) & (table.c.id == pattern)
    rows = select(*values.values()).select_from(table).join(objects, original)
    await db.execute(insert(table).from_select(list(values), rows))  # type: ignore[arg-type]


def _renamed(column: ColumnElement[Any], name: ColumnElement[str], dialect: str) -> Any:
    renamed = func.replace(cast(column, String), PATTERN, name)
    is_document = "JSON" in str(column.type)
    return cast(renamed, column.type) if is_document and dialect == "postgresql" else renamed


def _chunks(items: Sequence[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, AT_ONCE)):
        yield some


async def analyze(database: DirectoryDatabase) -> None:
    """Do what a database does by itself after a while: find out how much there is of what.

    Rows that were deleted go.
    """
    async with database.writing.connect() as db:
        if db.dialect.name == "postgresql":
            await db.execution_options(isolation_level="AUTOCOMMIT")
            await db.execute(text(VACUUM))
        else:
            await db.execute(text("ANALYZE"))
            await db.commit()
