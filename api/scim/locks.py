"""In which order are rows locked? In this one, always, so that none waits in a circle.

1. The connection, which only administrators lock. Nothing that a provider does waits for that.
2. Groups, in the order of their ids: the one that is written, those that hold it or are to be held
   by it, those that a deleted user is in. A group's lock covers its memberships.
3. A unique name that is taken: the displayName, or after the next step the userName.
4. The user that is written: one at most.
5. Identities, in the order of their ids. A mark locks whom it marks; so members that come are
   locked before their membership is stored, and somebody who is deleted, before it is looked at.

Relays lock identities alone, in the same order, or skip those that are locked. What PostgreSQL
still finds to be a circle (two groups that swap names) is rolled back and tried again by
``api.retries``. SQLite has one writer at a time.
"""

from typing import Any

from scim2_models import NotFoundException
from sqlalchemy import ColumnElement, Select, literal, select, union_all
from sqlmodel import col

from api.directory.dialects import is_among
from api.directory.tables import GroupRow, UserRow
from api.outbox.marks import load_state
from api.scim.members.parameter import Named
from api.scim.members.reads import groups_with
from api.scim.members.stored import Row
from api.scim.protocol.ids import ID
from api.scim.transactions.transaction import Transaction


async def lock_group(tx: Transaction, id_: str, named: Named) -> Row:
    """Lock a group, and those among the named members that are groups; return its row.

    :raises NotFoundException: when there is none.
    """
    row = None
    if ID.fullmatch(id_):
        which = col(GroupRow.id) == id_
        if named.staying:
            ids = union_all(select(literal(id_)), named.table(tx.dialect).ids())
            which = is_among(col(GroupRow.id), ids)
        rows = (await tx.db.execute(_locking(tx, GroupRow.__table__, which))).mappings()  # type: ignore[attr-defined]
        row = next((row for row in rows if row["id"] == id_), None)
    if row is None:
        raise NotFoundException(detail=f"Group {id_!r} not found")
    return row


async def lock_nested(tx: Transaction, named: Named) -> None:
    """Lock those among the named members of a group to be that are groups."""
    if named.staying:
        which = is_among(col(GroupRow.id), named.table(tx.dialect).ids())
        await tx.db.execute(_locking(tx, col(GroupRow.id), which))


async def lock_for_deletion(tx: Transaction, id_: str, *, is_user: bool) -> None:
    """Lock a user or a group that is to be deleted, and before it the groups that hold it.

    Until it is locked itself, it may be added to others. Then everything is let go and locked
    again with them: to lock them now would be out of order.
    """
    if not ID.fullmatch(id_):
        return  # the deletion will say that there is nothing of the kind
    holding = groups_with(tx, id_)
    groups = holding if is_user else union_all(select(literal(id_)), holding)
    while True:
        async with tx.db.begin_nested() as attempt:
            which = is_among(col(GroupRow.id), groups)
            locked = set(await tx.db.scalars(_locking(tx, col(GroupRow.id), which)))
            if is_user:
                await _lock_user(tx, id_)
            if locked.issuperset(await tx.db.scalars(holding)):
                return
            await attempt.rollback()


async def _lock_user(tx: Transaction, id_: str) -> None:
    it = (col(UserRow.connection_id) == tx.connection_id, col(UserRow.id) == id_)
    await tx.db.execute(select(col(UserRow.id)).where(*it).with_for_update())
    await load_state(tx.db, tx.connection_id, id_)


def _locking(tx: Transaction, columns: Any, which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(columns)
        .where(col(GroupRow.connection_id) == tx.connection_id, which)
        .order_by(col(GroupRow.id))
        .with_for_update()
    )
