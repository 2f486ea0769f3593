"""What is new? Identities keep signs of suspects, a rejection, and the provider's last change.

The version before leaves the new columns as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns. Those that are there stay, whichever revision the database claims."""
    there = {it["name"] for it in sa.inspect(op.get_bind()).get_columns("identities")}
    for column in (
        sa.Column("suspect", sa.Boolean(), nullable=False, server_default=sa.false()),
        _counter("failed_publications"),
        sa.Column("rejection", sa.String()),
        sa.Column("rejected_version", sa.BigInteger()),
        sa.Column("rejected_at", sa.BigInteger()),
        sa.Column("first_rejected_at", sa.BigInteger()),
        _counter("rejections"),
        sa.Column("told_at", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    ):
        if column.name not in there:
            op.add_column("identities", column)


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
