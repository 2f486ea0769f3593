"""Which tables belong to the worker? Every module with rows of its own enters them here.

Times and versions are microseconds since the epoch (UTC): one integer type on every database.
Every row that a batch locks is found by a key of its own, so that locks come in a stable order. A
key begins with what is most its own: nothing else of a connection or a workspace is read for it.
"""

from sqlalchemy import Index, Table, text
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class WorkerTable(SQLModel, registry=registry()):
    """The worker's own tables: SQLModel would otherwise share one MetaData with the api's."""


def table_of(row: type[WorkerTable]) -> Table:
    """Return the table that rows of a class are kept in."""
    return WorkerTable.metadata.tables[str(row.__tablename__)]


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Index only the rows that are looked for."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )
