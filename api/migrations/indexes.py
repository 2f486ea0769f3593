"""How does a revision build an index while others write? PostgreSQL builds it concurrently.

Such a revision is marked ``outside_transaction = True``. An interruption may come between any two
statements, and the revision is then run again, over the results of its first run.
"""

from typing import Any

from alembic import op
from sqlalchemy import text

LOCK_TIMEOUT = "1s"
"""How long a swap waits for the lock of a table, while writers queue behind it."""

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


def build_index(name: str, table: str, columns: list[Any], **options: Any) -> None:
    """Build an index without blocking writers; keep a valid earlier one, rebuild an invalid one.

    :param options: further arguments of ``op.create_index``.
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
    """Drop an index, if it exists, without blocking writers."""
    op.drop_index(name, table, if_exists=True, postgresql_concurrently=_commits_each_statement())


def replace_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """Give an index other columns; the old one serves, and enforces uniqueness, until the swap."""
    if not _commits_each_statement():
        op.drop_index(name, table)
        op.create_index(name, table, columns, **options)
        return
    new = f"{name}_new"
    build_index(new, table, columns, **options)
    op.execute(SWAP_INDEXES.format(lock_timeout=LOCK_TIMEOUT, name=name, new=new))


def _commits_each_statement() -> bool:
    """Return whether each statement commits by itself, as PostgreSQL demands for concurrent builds.

    SQLite has no such builds, because its writers run one after the other.
    """
    return op.get_bind().get_execution_options().get("isolation_level") == "AUTOCOMMIT"
