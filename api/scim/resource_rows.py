"""How are the rows of one resource type read, locked, added and changed? The same for both."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import NotFoundException, PreconditionFailedException
from sqlalchemy import SelectBase, delete, insert, select, update
from sqlmodel import col

from api.directory.database import is_among
from api.directory.tables import GroupRow, UserRow
from api.scim.ids import ID, new_id
from api.scim.memberships import chunks
from api.scim.rows import Row, version_of
from api.scim.transaction import Transaction


def expect(row: Row, version: str | None) -> None:
    """Check that a row has the version that it must have, if any.

    :raises PreconditionFailedException: when it has another one.
    """
    if version is not None and version_of(row) != version:
        raise PreconditionFailedException


@dataclass(frozen=True, slots=True)
class ResourceRows:
    """The table of a resource type, and which of its attributes is unique."""

    table: type[UserRow] | type[GroupRow]
    name: str
    unique: str

    async def read(
        self, tx: Transaction, id_: str, expected: str | None = None, *, lock: bool = True
    ) -> Row:
        """Return a row; a writing transaction locks it first, so that nothing gets lost.

        :param expected: the version that it must have.
        :param lock: False leaves it as it is.
        :raises NotFoundException: when there is none.
        :raises PreconditionFailedException: when it has another version.
        """
        statement = select(self.table.__table__).where(*self._is(tx, id_))  # type: ignore[union-attr]
        if tx.writing and lock:
            statement = statement.with_for_update()
        found = await tx.db.execute(statement) if ID.fullmatch(id_) else None
        row = found and found.mappings().one_or_none()
        if not row:
            raise NotFoundException(detail=f"{self.name} {id_!r} not found")
        expect(row, expected)
        return row

    async def read_all(self, tx: Transaction, ids: Collection[str]) -> Sequence[Row]:
        """Return the rows that there are, in no order."""
        rows: list[Row] = []
        for some in chunks(ids):
            statement = select(self.table.__table__).where(  # type: ignore[union-attr]
                col(self.table.connection_id) == tx.connection_id, col(self.table.id).in_(some)
            )
            rows.extend((await tx.db.execute(statement)).mappings())
        return rows

    async def add(self, tx: Transaction, columns: Mapping[str, Any]) -> Row:
        """Add a row with a new id, and return it."""
        values = {
            "connection_id": tx.connection_id,
            "id": new_id(),
            "created_at": tx.now,
            "modified_at": tx.now,
            "revision": 1,
            **columns,
        }
        statement = insert(self.table).values(values).returning(self.table.__table__)  # type: ignore[union-attr]
        return (await tx.write_unique(statement, self.unique)).mappings().one()

    async def change(self, tx: Transaction, id_: str, columns: Mapping[str, Any]) -> Row:
        """Store a new state as a new revision, and return it."""
        statement = (
            update(self.table)
            .where(*self._is(tx, id_))
            .values({**columns, **self._newer(tx)})
            .returning(self.table.__table__)  # type: ignore[union-attr]
        )
        return (await tx.write_unique(statement, self.unique)).mappings().one()

    async def touch(self, tx: Transaction, ids: SelectBase) -> None:
        """Make new revisions of rows whose memberships change."""
        await tx.db.execute(
            update(self.table)
            .where(
                col(self.table.connection_id) == tx.connection_id,
                is_among(col(self.table.id), ids),
            )
            .values(self._newer(tx))
        )

    async def remove(self, tx: Transaction, id_: str) -> None:
        """Remove a row."""
        await tx.db.execute(delete(self.table).where(*self._is(tx, id_)))

    def _is(self, tx: Transaction, id_: str) -> tuple[Any, Any]:
        return col(self.table.connection_id) == tx.connection_id, col(self.table.id) == id_

    def _newer(self, tx: Transaction) -> dict[str, Any]:
        return {"modified_at": tx.now, "revision": col(self.table.revision) + 1}


USER_ROWS = ResourceRows(UserRow, "User", "userName")
GROUP_ROWS = ResourceRows(GroupRow, "Group", "displayName")
