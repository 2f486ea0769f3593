"""What is new? An index tells when an identity was last deleted."""

import sqlalchemy as sa

from api.migrations.indexes import build_index

revision = "0004"
down_revision = "0003"
outside_transaction = True


def upgrade() -> None:
    """Index deleted identities by their versions."""
    deleted = sa.text("deleted")
    build_index(
        "deleted_identities",
        "identities",
        ["connection_id", "version"],
        sqlite_where=deleted,
        postgresql_where=deleted,
    )
