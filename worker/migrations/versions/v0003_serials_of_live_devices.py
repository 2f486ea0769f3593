"""What is new? A serial number is unique among live devices; a removed one may be enrolled again.

The new index comes before the old one goes, so that there is no moment without either.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LIVE = sa.text("NOT removed")
COLUMNS = ["workspace", "serial"]


def upgrade() -> None:
    """Make the serial unique among live devices; list all of a workspace as before."""
    op.create_index(
        "live_devices_by_serial",
        "devices",
        COLUMNS,
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.drop_index("devices_by_serial", "devices")
    op.create_index("devices_by_serial", "devices", COLUMNS)
