"""What is new? A serial number is unique among live devices; a removed one may be enrolled again.

On PostgreSQL the indexes are built beside writers. The new ones come before the old one goes, so
that there is no moment without; what an interrupted try left behind is built anew.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
outside_transaction = True

LIVE = sa.text("NOT removed")


def upgrade() -> None:
    """Make the serial unique among live devices; list all of a workspace as before."""
    _build("live_devices_by_serial", unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    _build("devices_of_workspace")
    op.drop_index(
        "devices_by_serial", "devices", if_exists=True, postgresql_concurrently=_beside_writers()
    )


def _build(name: str, **options: Any) -> None:
    beside_writers = _beside_writers()
    if beside_writers:
        op.drop_index(name, "devices", if_exists=True, postgresql_concurrently=True)
    options["postgresql_concurrently"] = beside_writers
    op.create_index(name, "devices", ["workspace", "serial"], **options)


def _beside_writers() -> bool:
    """Say whether each statement commits by itself: within a transaction PostgreSQL refuses."""
    return op.get_bind().get_execution_options().get("isolation_level") == "AUTOCOMMIT"
