"""How does a revision build an index without blocking writers? PostgreSQL builds it concurrently.

Such a revision is marked ``outside_transaction = True``. A revision that is interrupted between two
statements is run again, and has to accept the results of the first run. The directory's revisions
do the same (``api.migrations.indexes``), and a test holds both to it.
"""

from typing import Any

from alembic import op
from sqlalchemy import text

IS_WHOLE = """
SELECT indisvalid FROM pg_index
WHERE indexrelid = to_regclass(quote_ident(:name))
"""


def build_index(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """Build an index without blocking writers, unless an earlier run has completed it.

    An incomplete index of an interrupted run is dropped first.

    :param options: those of ``op.create_index``.
    """
    if not _commits_each_statement():
        op.create_index(name, table, columns, **options)
        return
    whole = op.get_bind().scalar(text(IS_WHOLE), {"name": name})
    if whole is False:
        op.drop_index(name, table, postgresql_concurrently=True)
    if not whole:
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it exists, without blocking writers."""
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=_commits_each_statement())


def _commits_each_statement() -> bool:
    """Return whether each statement commits by itself, as a concurrent build requires.

    On SQLite every statement runs in a transaction: its writers come one after the other.
    """
    return op.get_bind().get_execution_options().get("isolation_level") == "AUTOCOMMIT"
