"""How are the rows of one resource type read, locked, added and changed? The same for both."""

import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import NotFoundException, PreconditionFailedException
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from api.directory.tables import GroupRow, UserRow
from api.scim.memberships import chunks
from api.scim.rows import Row, version_of
from api.scim.transaction import Transaction

ID = re.compile("[0-9a-f]{32}")
"""What ids look like; nothing else need be looked for."""


@dataclass(frozen=True, slots=True)
class ResourceRows:
    """The table of a resource type, and which of its attributes is unique."""

    table: type[UserRow] | type[GroupRow]
    name: str
    unique: str

    async def read(self, tx: Transaction, id_: str, expected: str | None = None) -> Row:
        """Return a row; a writing transaction locks it first, so that nothing gets lost.

        :param expected: the version that it must have.
        :raises NotFoundException: when there is none.
        :raises PreconditionFailedException: when it has another version.
        """
        statement = select(self.table.__table__).where(*self._is(tx, id_))  # type: ignore[union-attr]
        if tx.writing:
            statement = statement.with_for_update()
        found = await tx.db.execute(statement) if ID.fullmatch(id_) else None
        row = found and found.mappings().one_or_none()
        if not row:
            raise NotFoundException(detail=f"{self.name} {id_!r} not found")
        if expected is not None and version_of(row) != expected:
            raise PreconditionFailedException
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

    async def lock(self, tx: Transaction, ids: Collection[str]) -> None:
        """Lock rows in the order of their ids."""
        for some in chunks(ids):
            await tx.db.execute(
                select(col(self.table.id))
                .where(col(self.table.connection_id) == tx.connection_id)
                .where(col(self.table.id).in_(some))
                .order_by(col(self.table.id))
                .with_for_update()
            )

    async def add(self, tx: Transaction, columns: Mapping[str, Any]) -> str:
        """Add a row; return its new id, which has neither an underscore nor a meaning."""
        id_ = uuid.uuid4().hex
        values = {
            "connection_id": tx.connection_id,
            "id": id_,
            "created_at": tx.now,
            "modified_at": tx.now,
            "revision": 1,
            **columns,
        }
        await tx.write_unique(insert(self.table).values(values), self.unique)
        return id_

    async def change(self, tx: Transaction, id_: str, columns: Mapping[str, Any]) -> None:
        """Store a new state as a new revision."""
        values = {**columns, **self._newer(tx)}
        statement = update(self.table).where(*self._is(tx, id_)).values(values)
        await tx.write_unique(statement, self.unique)

    async def touch(self, tx: Transaction, ids: Collection[str]) -> None:
        """Make new revisions of rows whose memberships changed."""
        for some in chunks(ids):
            await tx.db.execute(
                update(self.table)
                .where(col(self.table.connection_id) == tx.connection_id)
                .where(col(self.table.id).in_(some))
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
