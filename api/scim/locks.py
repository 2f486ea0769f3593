"""In which order are rows locked? Every transaction takes locks in this order, against deadlocks.

1. The connection, which only administrators lock. No request of a provider waits for that lock.
2. Groups, in the order of their ids: the written group, the groups that it is in, the groups that
   are to be its members, and the groups of a deleted user. A group's lock covers its memberships.
3. A unique name that is taken: the displayName, or after the next step the userName.
4. The written user, of which there is at most one.
5. Identities, in the order of their ids. A mark locks its identity; so added members are locked
   before their memberships are stored, and a deleted user before its memberships are read.

The worker's transactions have an order of their own: ``worker/apply.py``. Relays lock identities
alone, in the same order, or skip locked ones. A deadlock that PostgreSQL still finds (two groups
that swap names) is rolled back and tried again by ``api.retries``. SQLite has one writer at a time.
"""

from typing import Any

from scim2_models import NotFoundException
from sqlalchemy import ColumnElement, Select, literal, select, union_all
from sqlmodel import col

from api.directory.dialects import is_among
from api.directory.tables import GroupRow, UserRow
from api.outbox.marks import load_state
from api.scim.members.parameter import MemberIds
from api.scim.members.reads import groups_with
from api.scim.members.stored import Row
from api.scim.protocol.ids import ID
from api.scim.transactions.transaction import Transaction


async def lock_group(tx: Transaction, id_: str, members: MemberIds) -> Row:
    """Lock a group together with those of its members to be that are groups; return its row.

    :raises NotFoundException: when there is no such group.
    """
    row = None
    if ID.fullmatch(id_):
        which = col(GroupRow.id) == id_
        if members.kept:
            ids = union_all(select(literal(id_)), members.table(tx.dialect).kept_ids())
            which = is_among(col(GroupRow.id), ids)
        rows = (await tx.db.execute(_locking(tx, GroupRow.__table__, which))).mappings()  # type: ignore[attr-defined]
        row = next((row for row in rows if row["id"] == id_), None)
    if row is None:
        raise NotFoundException(detail=f"Group {id_!r} not found")
    return row


async def lock_nested(tx: Transaction, members: MemberIds) -> None:
    """Lock the groups among the members of a group that is about to be created."""
    if members.kept:
        which = is_among(col(GroupRow.id), members.table(tx.dialect).kept_ids())
        await tx.db.execute(_locking(tx, col(GroupRow.id), which))


async def lock_for_deletion(tx: Transaction, id_: str, *, is_user: bool) -> None:
    """Lock a user or a group that is to be deleted, and before it the groups that it is in.

    Until the resource is locked itself, it may be added to other groups. All locks are released
    then and taken again with those groups: to lock them afterwards would be out of order.
    """
    if not ID.fullmatch(id_):
        return  # the deletion will answer that there is no such resource
    containing = groups_with(tx, id_)
    groups = containing if is_user else union_all(select(literal(id_)), containing)
    while True:
        async with tx.db.begin_nested() as attempt:
            which = is_among(col(GroupRow.id), groups)
            locked = set(await tx.db.scalars(_locking(tx, col(GroupRow.id), which)))
            if is_user:
                await _lock_user(tx, id_)
            if locked.issuperset(await tx.db.scalars(containing)):
                return
            await attempt.rollback()


async def _lock_user(tx: Transaction, id_: str) -> None:
    is_user = (col(UserRow.connection_id) == tx.connection_id, col(UserRow.id) == id_)
    await tx.db.execute(select(col(UserRow.id)).where(*is_user).with_for_update())
    await load_state(tx.db, tx.connection_id, id_)


def _locking(tx: Transaction, columns: Any, which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(columns)
        .where(col(GroupRow.connection_id) == tx.connection_id, which)
        .order_by(col(GroupRow.id))
        .with_for_update()
    )
