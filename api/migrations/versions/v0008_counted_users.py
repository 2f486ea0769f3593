"""What is new? Users are counted in ranges, so that a page deep among many is found at once.

Triggers note every change of a range after it was counted. The version before knows nothing of
ranges, and its statements cause the triggers as well.

Tables and triggers that are there already stay, whichever revision the database claims.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Functions find the tables also in sessions that look elsewhere, as those of a restore do.
NOTE_CHANGE = """
CREATE OR REPLACE FUNCTION note_user_range_change() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO user_range_changes (connection_id, created_at, id, users)
        VALUES (OLD.connection_id, OLD.created_at, OLD.id, -1);
    ELSE
        INSERT INTO user_range_changes (connection_id, created_at, id, users)
        VALUES (NEW.connection_id, NEW.created_at, NEW.id, 1);
    END IF;
    RETURN NULL;
END $$
"""

FORGET_RANGES = """
CREATE OR REPLACE FUNCTION forget_user_ranges() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM user_ranges;
    DELETE FROM user_range_changes;
    RETURN NULL;
END $$
"""

WITHOUT_TRIGGERS = {
    "postgresql": (
        "DROP TRIGGER IF EXISTS users_deleted ON users",
        "DROP TRIGGER IF EXISTS users_added_late ON users",
        "DROP TRIGGER IF EXISTS users_truncated ON users",
    ),
    "sqlite": (
        "DROP TRIGGER IF EXISTS users_deleted",
        "DROP TRIGGER IF EXISTS users_added_late",
    ),
}

# A user is counted 5 seconds after its time at the earliest: ``api/directory/user_ranges.py``.
ON_POSTGRES = (
    # Every page looks through the notes, so those that were deleted must not lie about for long.
    """
    ALTER TABLE user_range_changes
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
    """,
    NOTE_CHANGE,
    """
    CREATE TRIGGER users_deleted AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION note_user_range_change()
    """,
    """
    CREATE TRIGGER users_added_late AFTER INSERT ON users
    FOR EACH ROW WHEN (NEW.created_at < date_part('epoch', clock_timestamp()) * 1000000 - 5000000)
    EXECUTE FUNCTION note_user_range_change()
    """,
    FORGET_RANGES,
    """
    CREATE TRIGGER users_truncated AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION forget_user_ranges()
    """,
)

ON_SQLITE = (
    """
    CREATE TRIGGER users_deleted AFTER DELETE ON users BEGIN
        INSERT INTO user_range_changes (connection_id, created_at, id, users)
        VALUES (OLD.connection_id, OLD.created_at, OLD.id, -1);
    END
    """,
    """
    CREATE TRIGGER users_added_late AFTER INSERT ON users
    WHEN NEW.created_at <= (
        SELECT created_at FROM user_ranges WHERE connection_id = NEW.connection_id
        ORDER BY after_created_at DESC, after_id DESC LIMIT 1
    ) BEGIN
        INSERT INTO user_range_changes (connection_id, created_at, id, users)
        VALUES (NEW.connection_id, NEW.created_at, NEW.id, 1);
    END
    """,
)


def upgrade() -> None:
    """Make the tables and the triggers; users are counted afterwards, while Muster runs."""
    op.create_table(
        "user_ranges",
        _of_connection(primary_key=True),
        sa.Column("after_created_at", sa.BigInteger(), primary_key=True),
        sa.Column("after_id", sa.String(), primary_key=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("users", sa.Integer(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "user_range_changes",
        sa.Column("number", NUMBER, primary_key=True),
        _of_connection(),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("users", sa.Integer(), nullable=False),
        if_not_exists=True,
    )
    op.create_index(
        "user_range_changes_by_creation",
        "user_range_changes",
        ["connection_id", "created_at", "id", "users"],
        if_not_exists=True,
    )
    dialect = op.get_bind().dialect.name
    triggers = ON_SQLITE if dialect == "sqlite" else ON_POSTGRES
    for statement in (*WITHOUT_TRIGGERS[dialect], *triggers):
        op.execute(statement)


def _of_connection(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "connection_id",
        sa.String(),
        sa.ForeignKey("connections.id"),
        primary_key=primary_key,
        nullable=False,
    )
