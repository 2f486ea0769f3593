"""What is new? Indexes find the people whose leaving, or whose loss of the Admin role, is held.

They hold no other people, so that changes of others do not touch them.
"""

import sqlalchemy as sa

from api.migrations.indexes import build_index

revision = "0012"
down_revision = "0011"
outside_transaction = True


def upgrade() -> None:
    """Index the identities that are held."""
    _build("held_identities", "leaving = 1", ["connection_id", "held_since", "id"])
    _build("admins_held", "admin_hold IS NOT NULL", ["connection_id"])


def _build(name: str, which: str, columns: list[str]) -> None:
    where = sa.text(which)
    build_index(name, "identities", columns, sqlite_where=where, postgresql_where=where)
