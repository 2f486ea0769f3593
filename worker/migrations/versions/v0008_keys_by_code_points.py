"""What is new? PostgreSQL orders keys by code points, as Python and SQLite do, in every database.

A column of another collation needs other indexes. They are built beside writers, under names of
their own, and then exchanged table by table, with the columns, which rewrites no row. PostgreSQL
builds indexes with a condition anew in the exchange, two of accounts and one of live devices: for
100,000 of each, a third of a second on a busy machine.
"""

import sqlalchemy as sa
from alembic import op

from worker.migrations.indexes import build_index

revision = "0008"
down_revision = "0007"
outside_transaction = True

KEYS = {
    "workspaces": ["name"],
    "policies": ["workspace", "name"],
    "accounts": ["id", "workspace", "portal", "email_key"],
    "devices": ["id", "workspace", "serial", "policy", "assigned_to"],
    "sync_records": ["identity", "connection", "workspace", "portal", "account_id"],
    "refusals": ["identity", "connection", "action", "obstacle"],
    "device_actions": ["identity", "connection", "device_id", "action"],
    "failures": ["identity", "connection", "kind", "message"],
}
PRIMARY = {
    "workspaces": ["name"],
    "policies": ["workspace", "name"],
    "accounts": ["id"],
    "devices": ["id"],
    "sync_records": ["identity", "connection"],
    "refusals": ["identity", "connection", "action"],
    "device_actions": ["identity", "connection", "deactivated_at", "device_id", "action"],
    "failures": ["identity", "connection"],
}
OTHERS = {
    "accounts_of_workspace": ("accounts", ["workspace", "portal", "id"]),
    "devices_of_workspace": ("devices", ["workspace", "serial"]),
    "ix_devices_assigned_to": ("devices", ["assigned_to"]),
    "sync_records_by_account": ("sync_records", ["account_id"]),
    "sync_records_by_connection": ("sync_records", ["connection"]),
    "ix_refusals_obstacle": ("refusals", ["obstacle"]),
    "device_actions_by_device": ("device_actions", ["device_id", "applied_at"]),
}
UNIQUE = {"sync_records_by_account"}

LOCK_TIMEOUT = "200ms"
"""The time that an exchange waits for its table, for which others wait behind it. The migration
runs this revision again after one that has waited in vain."""

IS_CHANGED = """
SELECT collname = 'C' FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attrelid = to_regclass(:table) AND attname = :column
"""


def upgrade() -> None:
    """Build the indexes, exchange them, and gather the statistics that a changed column loses."""
    if op.get_bind().dialect.name != "postgresql":
        return
    tables = [table for table in KEYS if not _is_changed(table)]
    for table in tables:
        _build_indexes(table)
    for table in tables:
        op.execute(_exchange(table))
    for table in KEYS:
        # An empty table without statistics is planned for as one that will be filled.
        if op.get_bind().scalar(sa.text(f"SELECT EXISTS (SELECT FROM {table})")):  # noqa: S608
            op.execute(f"ANALYZE {table}")


def _is_changed(table: str) -> bool:
    """Return whether an earlier run, which was interrupted, has come to the end of this table."""
    column = {"table": table, "column": KEYS[table][0]}
    return bool(op.get_bind().scalar(sa.text(IS_CHANGED), column))


def _build_indexes(table: str) -> None:
    primary = _by_code_points(table, PRIMARY[table])
    build_index(f"new_{table}_pkey", table, primary, unique=True)
    for name, (of_table, columns) in OTHERS.items():
        if of_table == table:
            indexed = _by_code_points(table, columns)
            build_index(f"new_{name}", table, indexed, unique=name in UNIQUE)


def _by_code_points(table: str, columns: list[str]) -> list[str | sa.TextClause]:
    return [sa.text(f'{it} COLLATE "C"') if it in KEYS[table] else it for it in columns]


def _exchange(table: str) -> str:
    """Return one statement, so that the table is without an index at no moment.

    The primary key is exchanged where it finds the columns changed.
    """
    names = [name for name, (of_table, _) in OTHERS.items() if of_table == table]
    changes = (f'ALTER COLUMN {it} TYPE varchar COLLATE "C"' for it in KEYS[table])
    key = f"ADD CONSTRAINT {table}_pkey PRIMARY KEY USING INDEX new_{table}_pkey"
    steps = [
        f"PERFORM set_config('lock_timeout', '{LOCK_TIMEOUT}', true)",
        f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
        *(f"DROP INDEX {name}" for name in names),
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, {', '.join(changes)}, {key}",
        *(f"ALTER INDEX new_{name} RENAME TO {name}" for name in names),
    ]
    return f"DO $$ BEGIN {'; '.join(steps)}; END $$"
