"""What is new? A serial number is unique among live devices; a removed one may be enrolled again.

The new indexes come before the old one goes, so that there is no moment without.
"""

import sqlalchemy as sa

from worker.migrations.indexes import build_index, drop_index

revision = "0003"
down_revision = "0002"
outside_transaction = True


def upgrade() -> None:
    """Make the serial unique among live devices; list all of a workspace as before."""
    columns, live = ["workspace", "serial"], sa.text("NOT removed")
    build_index(
        "live_devices_by_serial",
        "devices",
        columns,
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    build_index("devices_of_workspace", "devices", columns)
    drop_index("devices_by_serial", "devices")
