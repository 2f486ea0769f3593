"""How does a revision build an index while everybody writes? Beside them, where a database can.

A revision that does so is marked ``outside_transaction = True``. It may be interrupted between any
two statements and is then run again, so that it has to bear what is there already. The directory's
revisions do the same (``api.migrations.indexes``), and a test holds both to it.
"""

from typing import Any

from alembic import op
from sqlalchemy import text

IS_WHOLE = """
SELECT indisvalid FROM pg_index
WHERE indexrelid = to_regclass(quote_ident(:name))
"""


def build_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Build an index beside writers. What an earlier try has finished stays, its ruins go.

    :param options: those of ``op.create_index``.
    """
    if not _is_beside_writers():
        op.create_index(name, table, columns, **options)
        return
    whole = op.get_bind().scalar(text(IS_WHOLE), {"name": name})
    if whole is False:
        op.drop_index(name, table, postgresql_concurrently=True)
    if not whole:
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it is there, without keeping writers waiting."""
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=_is_beside_writers())


def _is_beside_writers() -> bool:
    """Say whether each statement commits by itself: within a transaction PostgreSQL refuses.

    So is it on SQLite, whose writers come one after the other.
    """
    return op.get_bind().get_execution_options().get("isolation_level") == "AUTOCOMMIT"
