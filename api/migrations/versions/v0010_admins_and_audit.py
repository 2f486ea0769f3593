"""What is new? Administrators have tokens, a log only grows, and repeated requests have keys.

The version before writes none of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Both databases report the refusal as a violation of integrity.
ON_POSTGRES = (
    """
    CREATE OR REPLACE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log only grows' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "DROP TRIGGER IF EXISTS audit_log_only_grows ON audit_log",
    """
    CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_log()
    """,
)

ON_SQLITE = (
    """
    CREATE TRIGGER IF NOT EXISTS audit_log_never_changes BEFORE UPDATE ON audit_log BEGIN
        SELECT RAISE(ABORT, 'the audit log only grows');
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS audit_log_never_shrinks BEFORE DELETE ON audit_log BEGIN
        SELECT RAISE(ABORT, 'the audit log only grows');
    END
    """,
)


def upgrade() -> None:
    """Make the tables, and the triggers that refuse to change or to delete rows of the log."""
    _make_admin_tokens()
    _make_audit_log()
    _make_idempotency_keys()
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in ON_SQLITE if on_sqlite else ON_POSTGRES:
        op.execute(statement)


def _make_admin_tokens() -> None:
    op.create_table(
        "admin_tokens",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("workspace", sa.String()),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        if_not_exists=True,
    )
    _index("admin_tokens_by_digest", "admin_tokens", ["digest"], unique=True)
    _index("admin_tokens_by_workspace", "admin_tokens", ["workspace"])


def _make_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("workspace", sa.String()),
        sa.Column("connection_id", sa.String()),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.Column("correlation_id", sa.String(), nullable=False),
        if_not_exists=True,
    )
    _index("audit_by_workspace", "audit_log", ["workspace", "number"])
    _index("audit_by_connection", "audit_log", ["connection_id", "number"])


def _make_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("actor", sa.String(), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", sa.LargeBinary()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        if_not_exists=True,
    )
    _index("idempotency_keys_by_time", "idempotency_keys", ["at"])


def _index(name: str, table: str, columns: list[str], *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, if_not_exists=True)
