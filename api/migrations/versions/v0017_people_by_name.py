"""What is new? Indexes find people whose e-mail, displayName or family name begins with a text.

An e-mail that is the userName is in none, because the index by userName has it.
"""

import sqlalchemy as sa
from alembic import op

from api.migrations.indexes import build_index

revision = "0017"
down_revision = "0016"
outside_transaction = True

FIRST_EMAIL = "substr(comparable -> 'emails' -> 0 ->> 'value', 1, 200)"


def upgrade() -> None:
    """Index the start of three names, which may be longer than a page of an index."""
    collation = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    others = sa.text(f"user_name_key != ({FIRST_EMAIL}{collation})")
    for name, start, options in (
        ("email", FIRST_EMAIL, {"sqlite_where": others, "postgresql_where": others}),
        ("display_name", "substr(comparable ->> 'display_name', 1, 200)", {}),
        ("family_name", "substr(comparable -> 'name' ->> 'family_name', 1, 200)", {}),
    ):
        columns = ["connection_id", sa.text(f"({start}){collation}"), "id"]
        build_index(f"users_by_{name}", "users", columns, **options)
