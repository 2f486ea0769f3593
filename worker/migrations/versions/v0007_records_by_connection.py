"""What is new? People of one connection are counted without a look at those of all others.

The column of the index never changes, so that applying a later event to a person writes nothing to
it. A new person costs one entry, which PostgreSQL keeps together with others of the connection.
"""

from worker.migrations.indexes import build_index

revision = "0007"
down_revision = "0006"
outside_transaction = True


def upgrade() -> None:
    """Build the index beside writers."""
    build_index("sync_records_by_connection", "sync_records", ["connection"])
