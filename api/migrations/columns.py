"""How does a revision add columns? It adds those that are missing; columns that are there stay.

A database may claim an earlier revision than it has, and the revisions after that one run again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op


def add_missing_columns(table: str, *columns: sa.Column[Any]) -> None:
    """Add columns to a table in use; each is nullable or has a constant as the server's default.

    PostgreSQL adds such a column in a moment, whatever the number of rows.
    """
    there = {it["name"] for it in sa.inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in there:
            op.add_column(table, column)
