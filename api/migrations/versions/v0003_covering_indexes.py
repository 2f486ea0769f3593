"""What is new? Indexes answer by themselves who is in a group, and who comes by name."""

from api.migrations.indexes import replace_index

revision = "0003"
down_revision = "0002"
outside_transaction = True


def upgrade() -> None:
    """Let the index by member hold the group too, and that by userName what pages need."""
    replace_index(
        "memberships_by_member", "memberships", ["connection_id", "member_id", "group_id"]
    )
    replace_index(
        "users_by_name",
        "users",
        ["connection_id", "user_name_key"],
        unique=True,
        postgresql_include=["created_at", "id"],
    )
