"""What is new? Accounts know their own role, which connection made them, and who released them.

The makers of existing accounts are not recorded. An account that an identity holds gets an unknown
maker, any other counts as made by hand. The own role is the lower one of two: the role that was
found or given first, and that of today; so the upgrade raises no role.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

FILL_IN = """
UPDATE accounts SET
    made_by = (SELECT 'unknown' FROM sync_records WHERE account_id = accounts.id),
    own_role = COALESCE((
        SELECT CASE
            WHEN 'viewer' IN (base_role, role) THEN 'viewer'
            WHEN 'editor' IN (base_role, role) THEN 'editor'
            ELSE role
        END
        FROM sync_records WHERE account_id = accounts.id
    ), role)
"""
"""One pass over the table; each account finds its holder by an index."""


def upgrade() -> None:
    """Add the columns and fill them in."""
    op.add_column("accounts", sa.Column("own_role", sa.String()))
    op.add_column("accounts", sa.Column("made_by", sa.String()))
    op.add_column(
        "accounts",
        sa.Column("released", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute(FILL_IN)
