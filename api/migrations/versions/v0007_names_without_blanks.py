"""What is new? Names of users and groups are the same whatever blanks are around them.

Their keys are made anew, where they have blanks. A name that another user or group has without
blanks keeps its key: both are in use, and nothing tells which of the two is meant.
"""

import sqlalchemy as sa
from alembic import op

from contracts.names import BLANKS, name_key

revision = "0007"
down_revision = "0006"

NAMES = (("users", "user_name_key"), ("groups", "display_name_key"))


def upgrade() -> None:
    """Take the blanks off the keys."""
    for table, key in NAMES:
        _trim(sa.table(table, sa.column("connection_id"), sa.column("id"), sa.column(key)), key)


def _trim(table: sa.TableClause, key: str) -> None:
    db, column = op.get_bind(), table.c[key]
    ends = [sa.func.substr(column, 1, 1), sa.func.substr(column, sa.func.length(column), 1)]
    blank = sa.or_(*(end.in_(list(BLANKS)) for end in ends))
    for connection_id, id_, stored in db.execute(sa.select(*table.c).where(blank)).all():
        of_connection = table.c.connection_id == connection_id
        taken = sa.select(table.c.id).where(of_connection, column == name_key(stored))
        if name_key(stored) and db.execute(taken).first() is None:
            one = sa.update(table).where(of_connection, table.c.id == id_)
            db.execute(one.values({key: name_key(stored)}))
