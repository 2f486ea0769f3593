"""What is new? The accounts of a workspace are listed page by page, by portal and id.

No column of the index ever changes, so that a change of an account writes nothing to it.
"""

from worker.migrations.indexes import build_index

revision = "0005"
down_revision = "0004"
outside_transaction = True


def upgrade() -> None:
    """Build the index beside writers."""
    build_index("accounts_of_workspace", "accounts", ["workspace", "portal", "id"])
