"""What is new? A sync record has the address that an inactive identity's account will take."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns. Workers of the version before leave them as they are."""
    op.add_column("sync_records", sa.Column("waiting_email", sa.String()))
    op.add_column("sync_records", sa.Column("waiting_version", sa.BigInteger()))
