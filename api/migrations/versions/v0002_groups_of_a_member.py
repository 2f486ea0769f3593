"""What is new? Whether somebody is in a group is found by one entry of one index."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let the index by member hold the group too."""
    op.drop_index("memberships_by_member", "memberships")
    op.create_index(
        "memberships_by_member", "memberships", ["connection_id", "member_id", "group_id"]
    )
