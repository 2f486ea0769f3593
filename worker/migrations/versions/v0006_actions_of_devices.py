"""What is new? The ledger tells what rules did to a device, found by the device.

No column of the index ever changes. Entries are written where a leaver has devices, and only then.
"""

from worker.migrations.indexes import build_index

revision = "0006"
down_revision = "0005"
outside_transaction = True


def upgrade() -> None:
    """Build the index beside writers."""
    build_index("device_actions_by_device", "device_actions", ["device_id", "applied_at"])
