"""Which people does the directory itself find for a list? Conditions on identities tell it.

Partial indexes have the few who wait, are held or were rejected. A literal stands in place of a
parameter where PostgreSQL is to see that an index has all who meet a condition.
"""

from sqlalchemy import ColumnElement, and_, literal_column, or_

from api.directory.leavings import Leaving
from api.directory.tables import ApiTable

IDENTITIES = ApiTable.metadata.tables["identities"]
HOLDS = IDENTITIES.c.leaving, IDENTITIES.c.admin_hold


def is_active(*, active: bool) -> ColumnElement[bool]:
    """Return the condition on active people, or that on inactive and deleted ones."""
    return IDENTITIES.c.active.is_(active)


def is_marked() -> ColumnElement[bool]:
    """Return the condition on people whose newest state is not published."""
    return IDENTITIES.c.dirty_lane.is_not(None)


def has_loss(leaving: Leaving) -> ColumnElement[bool]:
    """Return the condition on people who have a loss that stands so."""
    stands: ColumnElement[int] = literal_column(str(int(leaving)))
    return or_(*(hold == stands for hold in HOLDS))


def is_unpublishable() -> ColumnElement[bool]:
    """Return the condition on people whose newest state cannot be published."""
    rejected = IDENTITIES.c.rejected_version
    return and_(rejected.is_not(None), rejected == IDENTITIES.c.version)
