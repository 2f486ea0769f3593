"""What is new? Marks are found round the connections.

The version before goes on with these indexes: it finds marks by the lane. Its own marks have a time
at which they are due; this version takes it away.
"""

import sqlalchemy as sa

from api.migrations.indexes import build_index, drop_index

revision = "0006"
down_revision = "0005"
outside_transaction = True

MARKS = ["dirty_lane", "suspect", "connection_id", "due_at", "dirty_since"]


def upgrade() -> None:
    """Index marks by waiting connections, and identities that cannot be published."""
    _build("dirty_marks", "dirty_lane IS NOT NULL", MARKS)
    _build("waiting_marks", "due_at IS NOT NULL", ["due_at", "attempts"])
    rejected = ["connection_id", "rejected_version"]
    _build("rejected_identities", "rejected_version IS NOT NULL", rejected)
    drop_index("dirty_identities", "identities")


def _build(name: str, which: str, columns: list[str]) -> None:
    where = sa.text(which)
    build_index(name, "identities", columns, sqlite_where=where, postgresql_where=where)
