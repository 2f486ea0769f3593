"""What does the first release keep? Tables hold connections, tokens, resources and identities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    _make_connections()
    _make_resources("users", sa.Column("user_name_key", KEY, nullable=False))
    _make_resources(
        "groups",
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("display_name_key", KEY, nullable=False),
    )
    _make_memberships()
    _make_identities()


def _make_connections() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("portal", sa.String(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_connections_workspace", "connections", ["workspace"])
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(), primary_key=True),
        _of_connection(),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
    op.create_index("ix_tokens_connection_id", "tokens", ["connection_id"])


def _make_resources(table: str, *names: sa.Column[str]) -> None:
    key = names[-1].name
    op.create_table(
        table,
        _of_connection(primary_key=True),
        sa.Column("id", sa.String(), primary_key=True),
        *names,
        sa.Column("external_id", KEY),
        sa.Column("resource", sa.JSON(), nullable=False),
        sa.Column("comparable", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )
    op.create_index(f"{table}_by_name", table, ["connection_id", key], unique=True)
    op.create_index(f"{table}_by_external_id", table, ["connection_id", "external_id"])
    op.create_index(f"{table}_by_creation", table, ["connection_id", "created_at", "id"])


def _make_memberships() -> None:
    op.create_table(
        "memberships",
        _of_connection(primary_key=True),
        sa.Column("group_id", sa.String(), primary_key=True),
        sa.Column("member_id", sa.String(), primary_key=True),
        sa.Column("member_type", sa.String(), nullable=False),
        sa.Column("display", sa.String()),
        sa.Column("display_key", KEY),
    )
    op.create_index("memberships_by_member", "memberships", ["connection_id", "member_id"])


def _make_identities() -> None:
    op.create_table(
        "identities",
        _of_connection(primary_key=True),
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("ever_active", sa.Boolean(), nullable=False),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=False),
        sa.Column("deactivation", sa.JSON()),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("role_names", sa.JSON(), nullable=False),
        sa.Column("groups", sa.JSON()),
        sa.Column("dirty_lane", sa.Integer()),
        sa.Column("dirty_since", sa.BigInteger()),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("traceparent", sa.String()),
        sa.Column("published_version", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger()),
    )
    dirty = sa.text("dirty_lane IS NOT NULL")
    op.create_index(
        "dirty_identities",
        "identities",
        ["dirty_lane", "due_at"],
        sqlite_where=dirty,
        postgresql_where=dirty,
    )


def _of_connection(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "connection_id",
        sa.String(),
        sa.ForeignKey("connections.id"),
        primary_key=primary_key,
        nullable=False,
    )
