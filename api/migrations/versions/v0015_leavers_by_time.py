"""What is new? An index finds the people who left within a time.

It holds no other people, so that changes of others do not touch it.
"""

import sqlalchemy as sa

from api.migrations.indexes import build_index

revision = "0015"
down_revision = "0014"
outside_transaction = True


def upgrade() -> None:
    """Index the identities that were deactivated or deleted."""
    where = sa.text("deactivated_at > 0")
    columns = ["connection_id", "deactivated_at"]
    build_index(
        "leavers_by_time", "identities", columns, sqlite_where=where, postgresql_where=where
    )
