"""What is new? Marks are found round the connections, and what cannot be published says why.

The version before goes on with this schema: it finds marks by the lane, and leaves the new columns
as they are. Its own marks have a time at which they are due; this version takes it away.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns, and index marks by who waits."""
    _add_columns()
    op.drop_index("dirty_identities", "identities")
    _index(
        "dirty_marks",
        "dirty_lane IS NOT NULL",
        "dirty_lane",
        "suspect",
        "connection_id",
        "due_at",
        "dirty_since",
    )
    _index("waiting_marks", "due_at IS NOT NULL", "due_at", "attempts")
    _index(
        "rejected_identities",
        "rejected_version IS NOT NULL",
        "connection_id",
        "rejected_version",
    )


def _add_columns() -> None:
    for column in (
        sa.Column("suspect", sa.Boolean(), nullable=False, server_default=sa.false()),
        _counter("failed_publications"),
        sa.Column("rejection", sa.String()),
        sa.Column("rejected_version", sa.BigInteger()),
        sa.Column("rejected_at", sa.BigInteger()),
        sa.Column("first_rejected_at", sa.BigInteger()),
        _counter("rejections"),
    ):
        op.add_column("identities", column)


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))


def _index(name: str, which: str, *columns: str) -> None:
    where = sa.text(which)
    op.create_index(name, "identities", columns, sqlite_where=where, postgresql_where=where)
