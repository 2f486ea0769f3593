"""How are the rows of groups read, added and changed? No statement here touches memberships."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from scim2_models import NotFoundException
from sqlalchemy import SelectBase, delete, insert, select, update
from sqlmodel import col

from api.directory.dialects import is_among
from api.directory.tables import GroupRow
from api.scim.members.reads import chunks
from api.scim.members.stored import Row
from api.scim.protocol.ids import ID, new_id
from api.scim.transactions.transaction import Transaction

GROUP_TABLE = GroupRow.__table__  # type: ignore[attr-defined]


async def read(tx: Transaction, id_: str, *, lock: bool = True) -> Row:
    """Return the row of a group; a writing transaction locks it, so that no update is lost.

    :param lock: False reads without a lock in every transaction.
    :raises NotFoundException: when there is no such group.
    """
    statement = select(GROUP_TABLE).where(*_is(tx, id_))
    if tx.writing and lock:
        statement = statement.with_for_update()
    found = await tx.db.execute(statement) if ID.fullmatch(id_) else None
    row = found and found.mappings().one_or_none()
    if not row:
        raise NotFoundException(detail=f"Group {id_!r} not found")
    return row


async def read_all(tx: Transaction, ids: Collection[str]) -> Sequence[Row]:
    """Return the rows of the groups that exist, in no order."""
    rows: list[Row] = []
    for chunk in chunks(ids):
        statement = select(GROUP_TABLE).where(
            col(GroupRow.connection_id) == tx.connection_id, col(GroupRow.id).in_(chunk)
        )
        rows.extend((await tx.db.execute(statement)).mappings())
    return rows


async def add(tx: Transaction, columns: Mapping[str, Any]) -> Row:
    """Insert the row of a group with a new id, and return it.

    :raises UniquenessException: when the displayName is taken.
    """
    values = {
        "connection_id": tx.connection_id,
        "id": new_id(),
        "created_at": tx.now,
        "modified_at": tx.now,
        "revision": 1,
        **columns,
    }
    statement = insert(GroupRow).values(values).returning(GROUP_TABLE)
    row: Row = (await tx.unique(tx.db.execute(statement), "displayName")).mappings().one()
    return row


async def change(tx: Transaction, id_: str, columns: Mapping[str, Any]) -> Row:
    """Store the columns of a group as a new revision of its row, and return the row.

    :raises UniquenessException: when the displayName is taken.
    """
    values = {**columns, **_newer(tx)}
    statement = update(GroupRow).where(*_is(tx, id_)).values(values).returning(GROUP_TABLE)
    row: Row = (await tx.unique(tx.db.execute(statement), "displayName")).mappings().one()
    return row


async def touch(tx: Transaction, ids: SelectBase) -> None:
    """Store new revisions of groups whose memberships change."""
    which = (col(GroupRow.connection_id) == tx.connection_id, is_among(col(GroupRow.id), ids))
    await tx.db.execute(update(GroupRow).where(*which).values(_newer(tx)))


async def remove(tx: Transaction, id_: str) -> None:
    """Delete the row of a group."""
    await tx.db.execute(delete(GroupRow).where(*_is(tx, id_)))


def _is(tx: Transaction, id_: str) -> tuple[Any, Any]:
    return col(GroupRow.connection_id) == tx.connection_id, col(GroupRow.id) == id_


def _newer(tx: Transaction) -> dict[str, Any]:
    return {"modified_at": tx.now, "revision": col(GroupRow.revision) + 1}
