"""What is new? An index finds the logged changes of a thing, such as a device, by its id."""

import sqlalchemy as sa

from api.migrations.indexes import build_index

revision = "0016"
down_revision = "0015"
outside_transaction = True


def upgrade() -> None:
    """Index the changes that have a subject."""
    where = sa.text("subject IS NOT NULL")
    build_index(
        "audit_by_subject",
        "audit_log",
        ["subject", "number"],
        sqlite_where=where,
        postgresql_where=where,
    )
