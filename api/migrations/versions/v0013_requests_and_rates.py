"""What is new? Tables hold a log of requests, and the shares of rates of requests.

The version before writes neither.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "request_log",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String()),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String()),
        sa.Column("detail", sa.String()),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("address", sa.String()),
        if_not_exists=True,
    )
    _index("requests_of_connection", ["connection_id", "number"])
    _index("requests_of_resource", ["connection_id", "resource_id", "number"])
    _index("requests_by_time", ["at"])
    op.create_table(
        "rate_shares",
        sa.Column("connection_id", sa.String(), primary_key=True),
        sa.Column("process", sa.String(), primary_key=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        if_not_exists=True,
    )


def _index(name: str, columns: list[str]) -> None:
    op.create_index(name, "request_log", columns, if_not_exists=True)
