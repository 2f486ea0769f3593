"""What is new? A leaving may be held or waived, a person locked, and brakes count releases.

The version before releases every leaving at once: it leaves the new columns as they are.
"""

import sqlalchemy as sa
from alembic import op

from api.migrations.columns import add_missing_columns

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables of brakes, then add the columns of identities."""
    op.create_table(
        "brakes",
        _of_connection(),
        sa.Column("effect", sa.String(), primary_key=True),
        sa.Column("tripped_at", sa.BigInteger()),
        if_not_exists=True,
    )
    op.create_table(
        "brake_releases",
        _of_connection(),
        sa.Column("effect", sa.String(), primary_key=True),
        sa.Column("identity", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        if_not_exists=True,
    )
    op.create_index(
        "brake_releases_by_time",
        "brake_releases",
        ["connection_id", "effect", "at"],
        if_not_exists=True,
    )
    add_missing_columns(
        "identities",
        sa.Column("leaving", sa.SmallInteger()),
        sa.Column("earlier_leaving", sa.JSON()),
        sa.Column("held_since", sa.BigInteger()),
        sa.Column("locked_at", sa.BigInteger()),
        sa.Column("admin_line", sa.String()),
        sa.Column("admin_hold", sa.SmallInteger()),
        sa.Column("admin_held_since", sa.BigInteger()),
    )


def _of_connection() -> sa.Column[str]:
    return sa.Column(
        "connection_id",
        sa.String(),
        sa.ForeignKey("connections.id"),
        primary_key=True,
        nullable=False,
    )
