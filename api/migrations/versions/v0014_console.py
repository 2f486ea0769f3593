"""What is new? Tables hold sessions of the console, and links for setting up a connection.

The version before writes neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "console_sessions",
        sa.Column("digest", sa.String(), primary_key=True),
        sa.Column("token_digest", sa.String()),
        sa.Column("setup_link", sa.String()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        if_not_exists=True,
    )
    op.create_index(
        "console_sessions_by_token", "console_sessions", ["token_digest"], if_not_exists=True
    )
    op.create_index(
        "console_sessions_by_end", "console_sessions", ["expires_at"], if_not_exists=True
    )
    op.create_table(
        "setup_links",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        if_not_exists=True,
    )
    op.create_index(
        "setup_links_of_connection",
        "setup_links",
        ["connection_id", "created_at"],
        if_not_exists=True,
    )
