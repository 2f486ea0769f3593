"""Which tables belong to the worker? Modules with rows register their tables in one schema.

Times and versions are microseconds since the epoch (UTC), an integer type on every database.
Every row that a batch locks is found by its key, so that locks are taken in a stable order. A key
begins with its most selective column, so that no other row of a connection or workspace is read.
"""

from sqlalchemy import Index, String, Table, text
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

KEY = String().with_variant(String(collation="C"), "postgresql")
"""The type of texts by which rows are found, locked or listed. It is ordered by code points, as
Python orders texts: locks are taken in one order, whatever the database's own collation is."""


class WorkerTable(SQLModel, registry=registry()):
    """The base of the worker's tables, whose MetaData SQLModel would else share with the api's."""


def table_of(row: type[WorkerTable]) -> Table:
    """Return the table of a class of rows."""
    return WorkerTable.metadata.tables[str(row.__tablename__)]


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows that match ``where``."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )
