"""What does the first release keep? Workspaces, accounts, devices, policies and sync records."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_inventory()
    _make_sync_records()
    _make_ledger_and_failures()


def _make_inventory() -> None:
    op.create_table(
        "workspaces",
        sa.Column("name", sa.String(), primary_key=True),
    )
    op.create_table(
        "policies",
        sa.Column("workspace", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("portal", sa.String(), nullable=False),
        sa.Column("email", sa.String()),
        sa.Column("email_key", sa.String()),
        sa.Column("display_name", sa.String()),
        sa.Column("given_name", sa.String()),
        sa.Column("family_name", sa.String()),
        sa.Column("external_id", sa.String()),
        sa.Column("role", sa.String()),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger()),
    )
    live = ["email_key", "workspace", "portal"]
    _partial("live_accounts_by_email", "accounts", live, "email_key IS NOT NULL", unique=True)
    admin = "role = 'admin' AND email_key IS NOT NULL"
    _partial("live_admins", "accounts", ["workspace"], admin)
    op.create_table(
        "devices",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("policy", sa.String()),
        sa.Column("assigned_to", sa.String()),
        sa.Column("removed", sa.Boolean(), nullable=False),
    )
    op.create_index("devices_by_serial", "devices", ["workspace", "serial"], unique=True)
    op.create_index("ix_devices_assigned_to", "devices", ["assigned_to"])


def _make_sync_records() -> None:
    op.create_table(
        "sync_records",
        sa.Column("identity", sa.String(), primary_key=True),
        sa.Column("connection", sa.String(), primary_key=True),
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("portal", sa.String(), nullable=False),
        sa.Column("applied_version", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger()),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.String()),
        sa.Column("base_role", sa.String()),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("event", sa.Text()),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("replan_at", sa.BigInteger()),
    )
    op.create_index("sync_records_by_account", "sync_records", ["account_id"], unique=True)
    _partial("due_replans", "sync_records", ["replan_at"], "replan_at IS NOT NULL")
    op.create_table(
        "refusals",
        sa.Column("identity", sa.String(), primary_key=True),
        sa.Column("connection", sa.String(), primary_key=True),
        sa.Column("action", sa.String(), primary_key=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("obstacle", sa.String()),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_refusals_obstacle", "refusals", ["obstacle"])


def _make_ledger_and_failures() -> None:
    op.create_table(
        "device_actions",
        sa.Column("identity", sa.String(), primary_key=True),
        sa.Column("connection", sa.String(), primary_key=True),
        sa.Column("deactivated_at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("device_id", sa.String(), primary_key=True),
        sa.Column("action", sa.String(), primary_key=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
    )
    op.create_table(
        "failures",
        sa.Column("identity", sa.String(), primary_key=True),
        sa.Column("connection", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
    )


def _partial(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
