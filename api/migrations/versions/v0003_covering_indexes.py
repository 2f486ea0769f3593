"""What is new? Indexes that answer by themselves who is in a group, and who comes by name."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Let the index by member hold the group too, and that by userName what pages need."""
    op.drop_index("memberships_by_member", "memberships")
    op.create_index(
        "memberships_by_member", "memberships", ["connection_id", "member_id", "group_id"]
    )
    op.drop_index("users_by_name", "users")
    op.create_index(
        "users_by_name",
        "users",
        ["connection_id", "user_name_key"],
        unique=True,
        postgresql_include=["created_at", "id"],
    )
