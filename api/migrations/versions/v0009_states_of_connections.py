"""What is new? Connections have states and a brake, tokens have names, an end and a last use.

The version before opens every connection and publishes all waiting changes, whatever the states
say.
"""

import sqlalchemy as sa

from api.migrations.columns import add_missing_columns

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns: every connection is live and has the brake of new ones."""
    add_missing_columns(
        "connections",
        sa.Column("state", sa.String(), nullable=False, server_default="live"),
        sa.Column("state_since", sa.BigInteger()),
        sa.Column("state_by", sa.String()),
        sa.Column("switched_off_at", sa.BigInteger()),
        sa.Column("brake", sa.String(), nullable=False, server_default="50:10"),
        sa.Column("closing_people", sa.String()),
    )
    add_missing_columns(
        "tokens",
        sa.Column("name", sa.String()),
        sa.Column("created_by", sa.String()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("last_used_from", sa.String()),
    )
