"""How does a revision build an index while everybody writes? Beside them, where a database can.

A revision that does so is marked ``outside_transaction = True``. It may be interrupted between any
two statements and is then run again, so that it has to bear what is there already.
"""

from typing import Any

from alembic import op
from sqlalchemy import text

LOCK_TIMEOUT = "1s"
"""How long a swap waits for a table, and writers wait behind it."""

IS_VALID = """
SELECT indisvalid FROM pg_index
WHERE indexrelid = to_regclass(quote_ident(:name))
"""

SWAP_INDEXES = """
DO $$ BEGIN
    PERFORM set_config('lock_timeout', '{lock_timeout}', true);
    DROP INDEX IF EXISTS {name};
    ALTER INDEX {new} RENAME TO {name};
END $$
"""


def build_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Build an index beside writers. What an earlier try has finished stays, its ruins go.

    :param options: those of ``op.create_index``.
    """
    if not _commits_each_statement():
        op.create_index(name, table, columns, **options)
        return
    valid = op.get_bind().scalar(text(IS_VALID), {"name": name})
    if valid is False:
        op.drop_index(name, table, postgresql_concurrently=True)
    if not valid:
        op.create_index(name, table, columns, postgresql_concurrently=True, **options)


def drop_index(name: str, table: str) -> None:
    """Drop an index, if it is there, without keeping writers waiting."""
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=_commits_each_statement())


def replace_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Give an index other columns. The old one serves, and keeps what is unique, to the end."""
    if not _commits_each_statement():
        op.drop_index(name, table)
        op.create_index(name, table, columns, **options)
        return
    new = f"{name}_new"
    build_index(new, table, columns, **options)
    op.execute(SWAP_INDEXES.format(lock_timeout=LOCK_TIMEOUT, name=name, new=new))


def _commits_each_statement() -> bool:
    """Say whether each statement commits by itself: within a transaction PostgreSQL refuses.

    So is it on SQLite, whose writers come one after the other.
    """
    return op.get_bind().get_execution_options().get("isolation_level") == "AUTOCOMMIT"
