"""How do the copies of a person come to accounts? Rows downstream are copied in SQL as well."""

from json import dumps
from typing import Any

from sqlalchemy import ColumnElement, FromClause, String, column, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import rows_in
from deploy.databases.open_databases import Databases
from tests.drivers.many_users import AT_ONCE, PATTERN, multiply, named
from worker.platforms.sql.tables import AccountRow
from worker.schema import WorkerTable
from worker.sync.tables import FailureRow, RefusalRow, SyncRecordRow

COPIES = [column("id", String), column("name", String)]

NAMES = {"email", "email_key", "display_name", "given_name", "family_name", "external_id"}
"""The columns of an account that are different in the copies."""

OF_IDENTITY = [
    WorkerTable.metadata.tables[str(row.__tablename__)]
    for row in (SyncRecordRow, RefusalRow, FailureRow)
]
"""The tables whose rows are about an identity."""


async def multiply_on_both_sides(
    databases: Databases, connection: str, pattern: str, numbers: range
) -> list[str]:
    """Copy a user, whose names contain ``PATTERN``, and what has come of it; return the ids."""
    made = await multiply(databases.directory, connection, pattern, numbers)
    people = [{"id": id_, "name": named(number)} for id_, number in zip(made, numbers, strict=True)]
    for start in range(0, len(people), AT_ONCE):
        some = dumps(people[start : start + AT_ONCE])
        async with databases.downstream.write() as db:
            await _copy_accounts(db, connection, pattern, some)
            for table in OF_IDENTITY:
                await _copy(db, table, connection, pattern, some)
    return made


async def _copy(
    db: AsyncConnection, table: FromClause, connection: str, pattern: str, people: str
) -> None:
    """Copy the rows about an identity; accounts of copies are named after them."""
    copies = rows_in(literal(people), COPIES, db.dialect.name)
    values: dict[str, Any] = {it.name: it for it in table.c} | {"identity": copies.c.id}
    if "account_id" in values:
        values["account_id"] = _account_of(copies.c.id, table.c.account_id)
    original = (table.c.connection == connection) & (table.c.identity == pattern)
    rows = select(*values.values()).select_from(table).join(copies, original)
    await db.execute(insert(table).from_select(list(values), rows))  # type: ignore[arg-type]


async def _copy_accounts(db: AsyncConnection, connection: str, pattern: str, people: str) -> None:
    """Copy the account that a sync record names, if there is one."""
    accounts, records = AccountRow.__table__, SyncRecordRow.__table__  # type: ignore[attr-defined]
    copies = rows_in(literal(people), COPIES, db.dialect.name)
    values: dict[str, Any] = {
        it.name: func.replace(it, PATTERN, copies.c.name) if it.name in NAMES else it
        for it in accounts.c
    } | {"id": _account_of(copies.c.id, accounts.c.id)}
    of_pattern = (records.c.connection == connection) & (records.c.identity == pattern)
    rows = (
        select(*values.values())
        .select_from(accounts)
        .join(records, records.c.account_id == accounts.c.id)
        .join(copies, of_pattern)
    )
    await db.execute(insert(accounts).from_select(list(values), rows))


def _account_of(identity: ColumnElement[str], account: ColumnElement[str]) -> Any:
    """Return the id of a copy's account; none where the original has none."""
    return func.nullif(func.concat(identity, "-", account), func.concat(identity, "-"))
