"""Which job is due when, for whichever process is first? A table of schedules tells."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
    )
